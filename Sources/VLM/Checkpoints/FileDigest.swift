import COpenSSL
internal import Compute
import Foundation
internal import Synchronization

/// SHA-256 as lower-case hexadecimal.
public enum FileDigest {
    /// Digest of a file's content; throws `checkpointUnreadable` when it cannot be read.
    public static func sha256(contentsOf path: String) throws -> String {
        // Read, not mapped: touched pages of a mapping count as this process's memory, and checkpoints are large.
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw unreadable(path) }
        defer { close(file) }
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            throw unavailable()
        }
        defer { EVP_MD_CTX_free(context) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = read(file, buffer.baseAddress, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw unreadable(path)
            }
            guard EVP_DigestUpdate(context, buffer.baseAddress, count) == 1 else { throw unavailable() }
        }
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else { throw unavailable() }
        return hexadecimal(digest)
    }

    /// Digests of several files, in their order, read at the same time.
    package static func sha256(contentsOfAll paths: [String]) throws -> [String] {
        let found = Mutex([Result<String, any Error>?](repeating: nil, count: paths.count))
        Parallel.forEachChunk(of: paths.count, grain: 1) { lower, upper in
            for index in lower..<upper {
                let result = Result { try sha256(contentsOf: paths[index]) }
                found.withLock { $0[index] = result }
            }
        }
        return try found.withLock { $0 }.compactMap { try $0?.get() }
    }

    private static func unreadable(_ path: String) -> VLMError {
        VLMError(.checkpointUnreadable, "cannot read \(path): \(String(cString: strerror(errno)))")
    }

    private static func unavailable() -> VLMError {
        VLMError(.checkpointUnreadable, "SHA-256 is not available from OpenSSL: check its installation")
    }

    /// Digest of bytes.
    public static func sha256(_ bytes: [UInt8]) throws -> String {
        try bytes.withUnsafeBytes { try sha256($0) }
    }

    static func sha256(_ bytes: UnsafeRawBufferPointer) throws -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        // OpenSSL wants a valid address even for zero bytes.
        let empty: [UInt8] = [0]
        let done = empty.withUnsafeBytes { placeholder in
            EVP_Digest(bytes.baseAddress ?? placeholder.baseAddress, bytes.count, &digest, &length, EVP_sha256(), nil)
        }
        guard done == 1, length == 32 else {
            throw unavailable()
        }
        return hexadecimal(digest)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
