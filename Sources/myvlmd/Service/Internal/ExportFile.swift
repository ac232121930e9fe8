import Foundation
import RPC
import Registry

/// The file of a user's data, format 1: the line `myvlm-export 1`, a line of JSON (`UserExport`), then each artifact
/// once: a line `DIGEST SIZE` and its bytes; at last the line `end`.
enum ExportFile {
    static let heading = "myvlm-export 1"
    /// Bytes the JSON line may have.
    static let longestLine = 64 << 20
    /// Bytes of one concept in it: a hundred versions that each keep twenty photos with long names stay below.
    static let longestConcept = 4 << 20

    /// The text before the first concept, between two, and after the last.
    static let beginning = Array("\(heading)\n{\"concepts\":[".utf8)
    static let comma = Array(",".utf8)
    static func ending(_ export: UserExport) throws -> [UInt8] {
        struct Rest: Encodable {
            let createdAtMs: Int64
            let format: Int
            let user: String
        }
        let rest = try encoded(
            Rest(createdAtMs: export.createdAtMs, format: export.format, user: export.user))
        return Array("],".utf8) + rest.dropFirst() + [0x0A]
    }

    static func encoded(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try [UInt8](encoder.encode(value))
    }

    static func refuse(_ why: String) -> RPCError {
        RPCError(code: .invalidArgument, message: "this is not an export of MyVLM: \(why)")
    }
}

/// Reads the file as it arrives, in pieces of any size: a state machine that returns complete parts. Each byte is
/// looked at once, and no more is kept than one concept's description or one artifact.
struct ExportReader {
    enum Part: Equatable {
        /// A concept's JSON.
        case concept([UInt8])
        /// The line of JSON has ended and has this format.
        case described
        /// An artifact's bytes follow: this is the last moment to refuse them.
        case announced(digest: String, size: Int)
        case artifact(digest: String, bytes: [UInt8])
        case end
    }
    private enum State { case heading, json, name, bytes(String, Int), ended }

    private var piece: [UInt8] = []
    private var position = 0
    private var line: [UInt8] = []
    private var artifact: [UInt8] = []
    private var state = State.heading
    private var json = ConceptSplitter()
    private let longestArtifact: Int

    init(longestArtifact: Int) { self.longestArtifact = longestArtifact }

    /// Takes the next piece; the one before must have been read to its end.
    mutating func append(_ bytes: [UInt8]) {
        precondition(position == piece.count, "a piece of the file was not read to its end")
        piece = bytes
        position = 0
    }

    /// The next part that is complete; nil when another piece is needed. Throws `invalidArgument` for a file that is
    /// not an export.
    mutating func next() throws -> Part? {
        switch state {
        case .heading:
            guard let line = try nextLine(limit: 64) else { return nil }
            guard line == ExportFile.heading else {
                throw ExportFile.refuse("it does not begin with \"\(ExportFile.heading)\"")
            }
            state = .json
            return try next()
        case .json:
            guard let part = try json.next(piece, &position) else { return nil }
            switch part {
            case .concept(let bytes): return .concept(bytes)
            case .rest(let rest):
                guard let head = try? JSONDecoder().decode(Head.self, from: Data(rest)), head.format == 1 else {
                    throw ExportFile.refuse("its second line does not parse")
                }
                state = .name
                return .described
            }
        case .name:
            guard let line = try nextLine(limit: 128) else { return nil }
            let parts = line.split(separator: " ")
            if parts == ["end"] {
                state = .ended
                return .end
            }
            guard parts.count == 2, let size = Int(parts[1]), (1...longestArtifact).contains(size) else {
                throw ExportFile.refuse("an artifact's line does not parse, or the artifact is larger than allowed")
            }
            state = .bytes(String(parts[0]), size)
            return .announced(digest: String(parts[0]), size: size)
        case .bytes(let digest, let size):
            let end = min(piece.count, position + size - artifact.count)
            artifact += piece[position..<end]
            position = end
            guard artifact.count == size else { return nil }
            defer { artifact = [] }
            state = .name
            return .artifact(digest: digest, bytes: artifact)
        case .ended:
            guard position == piece.count else { throw ExportFile.refuse("something follows its end") }
            return nil
        }
    }

    private struct Head: Decodable { let format: Int }

    private mutating func nextLine(limit: Int) throws -> String? {
        let end = piece[position...].firstIndex(of: 0x0A)
        line += piece[position..<(end ?? piece.count)].prefix(limit + 1)
        position = end.map { $0 + 1 } ?? piece.count
        guard line.count <= limit else { throw ExportFile.refuse("a line is too long") }
        guard end != nil else { return nil }
        defer { line = [] }
        return String(decoding: line, as: UTF8.self)
    }
}
