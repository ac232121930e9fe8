import Foundation
import Foundations
import Runtime

/// A file of `account export`, taken apart so that a test can change it.
struct ExportedFile {
    private var json: String
    private var artifacts: [(digest: String, bytes: [UInt8])] = []

    init(_ file: [UInt8]) throws {
        var rest = file[...]
        func line() throws -> String {
            guard let end = rest.firstIndex(of: 0x0A) else { throw CocoaError(.fileReadCorruptFile) }
            defer { rest = rest[(end + 1)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
        _ = try line()
        json = try line()
        while true {
            let parts = try line().split(separator: " ")
            guard parts.count == 2, let size = Int(parts[1]) else { break }
            artifacts.append((String(parts[0]), Array(rest.prefix(size))))
            rest = rest.dropFirst(size)
        }
    }

    /// The file with other bytes, under their own digest, in place of an artifact.
    func replacing(_ digest: String, with bytes: [UInt8]) throws -> ExportedFile {
        var file = self
        let other = SHA256Digest.hex(bytes)
        file.json = json.replacingOccurrences(of: digest, with: other)
        file.artifacts = artifacts.map { $0.digest == digest ? (other, bytes) : $0 }
        return file
    }

    /// The whole file.
    var bytes: [UInt8] {
        var bytes = Array("myvlm-export 1\n\(json)\n".utf8)
        for artifact in artifacts {
            bytes += Array("\(artifact.digest) \(artifact.bytes.count)\n".utf8) + artifact.bytes
        }
        return bytes + Array("end\n".utf8)
    }
}

/// A file's bytes in pieces, as a client sends them.
func pieces(_ bytes: [UInt8], _ size: Int = 4 << 10) -> () -> [UInt8]? {
    var start = 0
    return {
        guard start < bytes.count else { return nil }
        defer { start += size }
        return Array(bytes[start..<min(start + size, bytes.count)])
    }
}
