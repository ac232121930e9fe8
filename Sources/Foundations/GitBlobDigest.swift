internal import COpenSSL

/// The name git gives a file's content: SHA-1 of `blob`, its size and the bytes. Confined to where it is made.
///
/// SHA-1 keeps nobody from making two files of one name; it tells a damaged file from a whole one.
public struct GitBlobDigest: ~Copyable {
    /// Bytes of a digest.
    public static let size = 20

    private var digest = MessageDigest(EVP_sha1(), name: "SHA-1", size: size)

    /// A digest of no bytes so far of a file of so many.
    public init(size: Int) { Array("blob \(size)\0".utf8).withUnsafeBytes { digest.update($0) } }

    /// Adds bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

    /// The 20 bytes of the digest.
    public consuming func finish() -> [UInt8] { digest.finish() }
}
