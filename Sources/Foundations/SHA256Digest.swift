internal import COpenSSL

/// SHA-256 (FIPS 180-4) by OpenSSL, of whole buffers or of bytes that come in pieces. Confined to where it is made.
public struct SHA256Digest: ~Copyable {
    /// Bytes of a digest.
    public static let size = 32

    private var digest = MessageDigest(EVP_sha256(), name: "SHA-256", size: size)

    /// A digest of nothing so far.
    public init() {}

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// The 32 bytes of the digest.
    public consuming func finish() -> [UInt8] { digest.finish() }

    /// The 32 bytes of the digest of a buffer.
    public static func of(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var digest = SHA256Digest()
        digest.update(bytes)
        return digest.finish()
    }

    /// The 32 bytes of the digest.
    public static func of(_ bytes: some Sequence<UInt8>) -> [UInt8] { Array(bytes).withUnsafeBytes { of($0) } }

    /// The digest as 64 lower-case hexadecimal digits.
    public static func hex(_ bytes: some Sequence<UInt8>) -> String { Hex.encode(of(bytes)) }
}
