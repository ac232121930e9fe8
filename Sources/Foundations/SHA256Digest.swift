internal import COpenSSL

/// SHA-256 (FIPS 180-4) by OpenSSL, of whole buffers or of bytes that come in pieces. Confined to where it is made.
///
/// An OpenSSL without SHA-256 cannot make a TLS connection either: the process ends rather than store a digest that is
/// none.
public struct SHA256Digest: ~Copyable {
    /// Bytes of a digest.
    public static let size = 32

    private let context: OpaquePointer

    /// A digest of nothing so far.
    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            Self.unavailable()
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { Self.unavailable() }
    }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// The 32 bytes of the digest.
    public consuming func finish() -> [UInt8] {
        var output = [UInt8](repeating: 0, count: Self.size)
        guard EVP_DigestFinal_ex(context, &output, nil) == 1 else { Self.unavailable() }
        return output
    }

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

    private static func unavailable() -> Never {
        fatalError("SHA-256 is not available from OpenSSL: check its installation")
    }
}
