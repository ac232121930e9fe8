import Foundation
import RPC
import Registry

/// The file of a user's data, format 1: the line `myvlm-export 1`, a line of JSON (`UserExport`), then each artifact
/// once: a line `DIGEST SIZE` and its bytes; at last the line `end`.
enum ExportFile {
    static let heading = "myvlm-export 1"
    /// Bytes the JSON line may have.
    static let longestLine = 64 << 20

    static func head(_ export: UserExport) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json = try encoder.encode(export)
        return Array("\(heading)\n".utf8) + [UInt8](json) + [0x0A]
    }
}

/// Reads the file as it comes, in pieces of any size: a state machine that gives what is complete.
struct ExportReader {
    enum Part: Equatable {
        case export(UserExport)
        case artifact(digest: String, bytes: [UInt8])
        case end
    }
    private enum State { case heading, json, name, bytes(String, Int), ended }

    private var buffer: [UInt8] = []
    private var start = 0
    /// Up to here no end of a line was found: a long line in small pieces is looked at once.
    private var scanned = 0
    private var state = State.heading
    private let longestArtifact: Int

    init(longestArtifact: Int) { self.longestArtifact = longestArtifact }

    mutating func append(_ bytes: [UInt8]) {
        if start > 1 << 20 {
            buffer.removeFirst(start)
            scanned = max(0, scanned - start)
            start = 0
        }
        buffer += bytes
    }

    /// The next part that is complete; nil when more bytes are needed. Throws `invalidArgument` for what is no export.
    mutating func next() throws -> Part? {
        switch state {
        case .heading:
            guard let line = try line(limit: 64) else { return nil }
            guard line == Array(ExportFile.heading.utf8) else {
                throw Self.refuse("it does not begin with \"\(ExportFile.heading)\"")
            }
            state = .json
            return try next()
        case .json:
            guard let line = try line(limit: ExportFile.longestLine) else { return nil }
            guard let export = try? JSONDecoder().decode(UserExport.self, from: Data(line)), export.format == 1 else {
                throw Self.refuse("its second line does not parse")
            }
            state = .name
            return .export(export)
        case .name:
            guard let line = try line(limit: 128) else { return nil }
            let parts = String(decoding: line, as: UTF8.self).split(separator: " ")
            if parts == ["end"] {
                state = .ended
                return .end
            }
            guard parts.count == 2, let size = Int(parts[1]), (1...longestArtifact).contains(size) else {
                throw Self.refuse("an artifact's line does not parse, or the artifact is larger than allowed")
            }
            state = .bytes(String(parts[0]), size)
            return try next()
        case .bytes(let digest, let size):
            guard buffer.count - start >= size else { return nil }
            defer { start += size }
            state = .name
            return .artifact(digest: digest, bytes: Array(buffer[start..<start + size]))
        case .ended:
            guard buffer.count == start else { throw Self.refuse("something follows its end") }
            return nil
        }
    }

    private mutating func line(limit: Int) throws -> [UInt8]? {
        guard let end = buffer[max(start, scanned)...].firstIndex(of: 0x0A) else {
            scanned = buffer.count
            guard buffer.count - start <= limit else { throw Self.refuse("a line is too long") }
            return nil
        }
        guard end - start <= limit else { throw Self.refuse("a line is too long") }
        defer { start = end + 1 }
        return Array(buffer[start..<end])
    }

    private static func refuse(_ why: String) -> RPCError {
        RPCError(code: .invalidArgument, message: "this is no export of MyVLM: \(why)")
    }
}
