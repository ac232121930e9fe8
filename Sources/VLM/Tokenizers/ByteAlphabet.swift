/// The byte alphabet of GPT-2: every byte is written as one printable character, so that a vocabulary is plain text.
///
/// Printable Latin-1 characters stand for themselves; the other 68 bytes are moved to U+0100 and up, in order.
package enum ByteAlphabet {
    package static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0...255).map { (byte: UInt32) in
            let printable = (0x21...0x7e).contains(byte) || (0xa1...0xac).contains(byte) || byte >= 0xae
            defer { if !printable { next += 1 } }
            return Unicode.Scalar(printable ? byte : next) ?? "?"
        }
    }()

    static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
        uniqueKeysWithValues: scalars.enumerated().map { ($0.element, UInt8($0.offset)) })
}
