internal import Compute
internal import Foundations
internal import Synchronization

/// SHA-256 of checkpoints as lower-case hexadecimal.
public enum FileDigest {
    /// Digest of a file's content; throws `checkpointUnreadable` when it cannot be read.
    public static func sha256(contentsOf path: String) throws(VLMError) -> String {
        do {
            return Hex.encode(try SHA256Digest.of(contentsOf: path))
        } catch {
            throw VLMError(.checkpointUnreadable, "cannot read \(path): \(error.reason)")
        }
    }

    /// Digests of several files, in their order, read at the same time.
    package static func sha256(contentsOfAll paths: [String]) throws -> [String] {
        let found = Mutex([Result<String, any Error>?](repeating: nil, count: paths.count))
        Parallel.forEachChunk(of: paths.count, grain: 1) { lower, upper in
            for index in lower..<upper {
                let result = Result<String, any Error> { try sha256(contentsOf: paths[index]) }
                found.withLock { $0[index] = result }
            }
        }
        return try found.withLock { $0 }.compactMap { try $0?.get() }
    }
}
