internal import RPCCore

/// Writes proto3's canonical JSON without a space; fields with their default are left out.
struct JSONWriter {
    private var bytes: [UInt8] = []
    private var needsComma = false
    private var field = ""

    /// The JSON of a message. Throws `MessageError` when a text field holds a NUL, which the wire does not carry either.
    static func text(of message: some JSONMessage) throws -> [UInt8] {
        var writer = JSONWriter()
        try message.write(to: &writer)
        return writer.bytes
    }

    // MARK: Fields

    mutating func write<Value: JSONValue>(_ name: String, _ value: Value) throws {
        if !value.isJSONDefault { try writeAlways(name, value) }
    }

    mutating func write<Value: JSONValue>(_ name: String, _ value: Value?) throws {
        if let value { try writeAlways(name, value) }
    }

    mutating func write<Value: JSONValue>(_ name: String, _ values: [Value]) throws {
        guard !values.isEmpty else { return }
        key(name)
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for value in values {
            comma()
            try value.write(to: &self)
            needsComma = true
        }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    mutating func write(_ name: String, _ value: [UInt8]) throws {
        guard !value.isEmpty else { return }
        key(name)
        plain("\"\(Base64.encode(value, padded: true))\"")
        needsComma = true
    }

    /// A member of a oneof: it is written whatever its value is.
    mutating func writeAlways(_ name: String, _ value: some JSONValue) throws {
        key(name)
        try value.write(to: &self)
        needsComma = true
    }

    private mutating func key(_ name: String) {
        comma()
        field = name
        plain("\"\(name)\":")
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    // MARK: Values

    mutating func object(_ fields: (inout JSONWriter) throws -> Void) throws {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        try fields(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Text that needs no escape.
    mutating func plain(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func string(_ text: String) throws {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case 0: throw MessageError(code: .invalidText, message: "\(field) holds a NUL; remove it")
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): plain("\\n")
            case UInt8(ascii: "\r"): plain("\\r")
            case UInt8(ascii: "\t"): plain("\\t")
            case 1..<0x20: plain(byte < 16 ? "\\u000\(String(byte, radix: 16))" : "\\u00\(String(byte, radix: 16))")
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The shortest text that gives the same number again.
    mutating func number(_ value: some BinaryFloatingPoint & CustomStringConvertible) {
        if value.isFinite {
            let text = value.description
            plain(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
        } else {
            plain(value.isNaN ? "\"NaN\"" : value < 0 ? "\"-Infinity\"" : "\"Infinity\"")
        }
    }
}
