/// The tokens of a JSON text.
struct JSONText {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    /// The next byte.
    var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        at += 1
        return true
    }

    mutating func take(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - at >= count else { return false }
        for offset in 0..<count where bytes[at + offset] != word.utf8Start[offset] { return false }
        at += count
        return true
    }

    // MARK: Numbers

    /// The text of a number; nil, and nothing is consumed, where there is none.
    mutating func number() -> String? {
        let start = at
        _ = take(UInt8(ascii: "-"))
        let hasZero = take(UInt8(ascii: "0"))
        guard hasZero || digits() > 0 else { return back(to: start) }
        if take(UInt8(ascii: ".")) {
            guard digits() > 0 else { return back(to: start) }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() > 0 else { return back(to: start) }
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    private mutating func digits() -> Int {
        let start = at
        while let byte = peek, (48...57).contains(byte) { at += 1 }
        return at - start
    }

    private mutating func back(to start: Int) -> String? {
        at = start
        return nil
    }

    /// The digits of a whole number, however it is written (`1.50e1`); nil for one that is not, or has more than thirty
    /// digits.
    static func wholeNumber(_ number: String) -> String? {
        let isNegative = number.hasPrefix("-")
        let parts = number.drop { $0 == "-" }.split(whereSeparator: { $0 == "e" || $0 == "E" })
        let mantissa = parts[0].split(separator: ".")
        var digits = Array(mantissa.joined().utf8)
        guard let exponent = parts.count == 1 ? 0 : Int(parts[1]), abs(exponent) <= 1_000 else { return nil }
        let point = mantissa[0].utf8.count + exponent
        while digits.last == UInt8(ascii: "0"), digits.count > 1 { digits.removeLast() }
        guard digits != [UInt8(ascii: "0")] else { return "0" }
        guard point >= digits.count, point - digits.count <= 30, digits.count <= 2_000 else { return nil }
        let zeros = String(repeating: "0", count: point - digits.count)
        return (isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self) + zeros
    }

    // MARK: Strings

    /// A string; nil where there is none, where it is not UTF-8, or where it has half of a surrogate pair.
    mutating func string() throws -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        var made: [UInt8] = []
        while let byte = peek {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: made, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                made += Array(String(Character(scalar)).utf8)
            case 0..<0x20: return nil
            default: made.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = peek else { return nil }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: return nil
        }
        guard let first = hexDigits() else { return nil }
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
        guard take("\\u"), let second = hexDigits(), (0xDC00..<0xE000).contains(second) else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private mutating func hexDigits() -> UInt32? {
        guard bytes.count - at >= 4 else { return nil }
        var value: UInt32 = 0
        for byte in bytes[at..<at + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else { return nil }
            value = value << 4 | UInt32(digit)
        }
        at += 4
        return value
    }
}
