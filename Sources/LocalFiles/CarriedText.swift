/// Bytes of the system as text and back, none lost: the name of a file, an argument and a variable need not be UTF-8, and
/// Swift's own conversions put U+FFFD in the place of what is not.
///
/// A byte that is no part of UTF-8 travels as one of the last 128 scalars of Unicode's last private plane. Those scalars
/// themselves travel as their bytes, so that each text stands for one sequence of bytes.
package enum CarriedText {
    private static let base: UInt32 = 0x10FF00
    private static let carriers: ClosedRange<UInt32> = 0x10FF80...0x10FFFF

    /// Text for any bytes.
    package static func decode(_ bytes: some Sequence<UInt8>) -> String {
        let bytes = Array(bytes)
        if let text = String(validating: bytes, as: UTF8.self), isPlain(text) { return text }
        var scalars = String.UnicodeScalarView()
        var index = 0
        while index < bytes.count {
            let scalar = (1...4).lazy.compactMap { length -> (Unicode.Scalar, Int)? in
                guard index + length <= bytes.count,
                    let text = String(validating: bytes[index..<index + length], as: UTF8.self),
                    let scalar = text.unicodeScalars.first, !carriers.contains(scalar.value)
                else { return nil }
                return (scalar, length)
            }.first
            if let (scalar, length) = scalar {
                scalars.append(scalar)
                index += length
            } else {
                if let carrier = Unicode.Scalar(base + UInt32(bytes[index])) { scalars.append(carrier) }
                index += 1
            }
        }
        return String(scalars)
    }

    /// The bytes that a text stands for.
    package static func encode(_ text: String) -> [UInt8] {
        if isPlain(text) { return Array(text.utf8) }
        return text.unicodeScalars.flatMap { scalar in
            byte(scalar).map { [$0] } ?? Array(String(Character(scalar)).utf8)
        }
    }

    /// Whether a text stands for UTF-8 alone.
    package static func isPlain(_ text: String) -> Bool {
        !text.utf8.contains(0xF4) || !text.unicodeScalars.contains { carriers.contains($0.value) }
    }

    /// A text as people and terminals may see it on one line: what is no UTF-8, what a terminal would obey and what
    /// turns the direction of writing is shown as `\xE9`, `\n` or `\u{202E}`.
    package static func shown(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            if let byte = byte(scalar) {
                shown += "\\x" + hexadecimal(UInt32(byte))
            } else if scalar == "\n" {
                shown += "\\n"
            } else if scalar == "\t" {
                shown += "\\t"
            } else if scalar.properties.generalCategory == .control {
                shown += "\\x" + hexadecimal(scalar.value)
            } else if scalar.properties.isBidiControl || ["\u{2028}", "\u{2029}"].contains(scalar) {
                shown += "\\u{" + hexadecimal(scalar.value) + "}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func byte(_ scalar: Unicode.Scalar) -> UInt8? {
        carriers.contains(scalar.value) ? UInt8(scalar.value - base) : nil
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return digits.count < 2 ? "0" + digits : digits
    }
}
