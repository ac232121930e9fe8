import COpenSSL

/// SHA-256 as lower-case hexadecimal.
public enum FileDigest {
    /// Digest of a file's content; throws `checkpointUnreadable` when it cannot be read.
    public static func sha256(contentsOf path: String) throws -> String {
        let file = try MappedFile(path: path)
        return try sha256(file.bytes)
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
            throw VLMError(.checkpointUnreadable, "SHA-256 is not available from OpenSSL: check its installation")
        }
        return hexadecimal(digest)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
