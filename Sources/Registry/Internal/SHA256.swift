internal import COpenSSL

/// SHA-256 (FIPS 180-4) of whole buffers.
enum SHA256 {
    /// The 32 bytes of the digest.
    static func digest(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let input = Array(bytes)
        var output = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        // Fails only for a context that cannot be allocated; a digest of zeros would then match nothing stored.
        guard EVP_Digest(input, input.count, &output, &length, EVP_sha256(), nil) == 1 else { return [] }
        return output
    }

    /// The digest as 64 lower-case hex digits.
    static func hex(_ bytes: some Sequence<UInt8>) -> String { Hex.encode(digest(bytes)) }
}

/// Lower-case hexadecimal.
enum Hex {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text = [UInt8]()
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Whether `text` is a SHA-256 as this project writes it.
    static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}

/// Fields with their lengths before them, so that two lists of fields never give the same bytes.
struct FieldBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ text: String) {
        append(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(contentsOf value: [UInt8]) {
        append(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func append(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
}

/// SHA-256 of bytes that come in pieces. Confined to where it is made.
struct RunningSHA256: ~Copyable {
    private let context: OpaquePointer?

    init() {
        context = EVP_MD_CTX_new()
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    mutating func update(_ bytes: [UInt8]) { EVP_DigestUpdate(context, bytes, bytes.count) }

    /// The digest in hex; nothing may be added after it.
    mutating func finish() -> String {
        var output = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        // A context that could not be made gives an empty text, which equals no digest.
        guard EVP_DigestFinal_ex(context, &output, &length) == 1 else { return "" }
        return Hex.encode(output)
    }
}
