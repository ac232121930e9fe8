import COpenSSL

/// SHA-256 (FIPS 180-4) by OpenSSL.
enum Digest {
    /// The digest of the bytes, 32 bytes.
    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = SHA256(bytes, bytes.count, &digest)
        return digest
    }
}
