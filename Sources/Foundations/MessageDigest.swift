internal import COpenSSL

/// A digest of OpenSSL over bytes that come in pieces. Confined to where it is made.
///
/// An OpenSSL without the digests that are asked for here cannot make a TLS connection either: the process ends rather
/// than store a digest that is none.
struct MessageDigest: ~Copyable {
    private let context: OpaquePointer
    private let size: Int
    private let name: String

    /// A digest of nothing so far, of so many bytes.
    init(_ kind: OpaquePointer?, name: String, size: Int) {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, kind, nil) == 1 else {
            Self.unavailable(name)
        }
        self.context = context
        self.size = size
        self.name = name
    }

    deinit { EVP_MD_CTX_free(context) }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else { Self.unavailable(name) }
    }

    consuming func finish() -> [UInt8] {
        var output = [UInt8](repeating: 0, count: size)
        guard EVP_DigestFinal_ex(context, &output, nil) == 1 else { Self.unavailable(name) }
        return output
    }

    private static func unavailable(_ name: String) -> Never {
        fatalError("\(name) is not available from OpenSSL: check its installation")
    }
}
