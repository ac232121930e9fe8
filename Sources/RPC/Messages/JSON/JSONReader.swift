internal import RPCCore

/// Reads the JSON (RFC 8259) of one message: a single walk over the bytes, without a tree.
///
/// What is read takes no more memory than the limits allow, objects and lists are nested only so deep, and errors name
/// the field, never its content.
struct JSONReader {
    /// How deep objects and lists may be nested; the messages of the API need a handful.
    static let maximumDepth = 32

    let unknownFields: UnknownFields
    private var text: JSONText
    /// For each object or list that is open, whether nothing of it has been read.
    private var isFresh: [Bool] = []
    /// The key that is being read in each object that is open.
    private var path: [String] = []
    private let name: String
    private let limits: MessageLimits
    private var remaining: Int

    /// Reads a whole message. Throws `MessageError`.
    static func message<Message: JSONMessage>(
        _ bytes: [UInt8], _ limits: MessageLimits, _ unknownFields: UnknownFields
    ) throws -> Message {
        guard bytes.count <= limits.frameBytes else {
            throw MessageError(
                code: .tooLarge,
                message: "\(Message.fullName) has \(bytes.count) bytes; at most \(limits.frameBytes) are allowed")
        }
        var reader = JSONReader(bytes, Message.fullName, limits, unknownFields)
        let message = try Message(json: &reader)
        reader.text.skipSpace()
        try reader.require(reader.text.isAtEnd, "ends before the text does")
        return message
    }

    private init(_ bytes: [UInt8], _ name: String, _ limits: MessageLimits, _ unknownFields: UnknownFields) {
        text = JSONText(bytes)
        self.name = name
        self.limits = limits
        self.unknownFields = unknownFields
        remaining = limits.unpackedBytes
    }

    // MARK: Errors

    /// An error about the field that is being read.
    func error(_ problem: String, _ code: MessageError.Code = .malformed) -> MessageError {
        let field = path.filter { !$0.isEmpty }.joined(separator: ".")
        return MessageError(code: code, message: "\(name)\(field.isEmpty ? "" : ".")\(field) \(problem)")
    }

    func require(_ holds: Bool, _ problem: String) throws { if !holds { throw error(problem) } }

    /// Counts memory for what is kept.
    private mutating func keep(_ bytes: Int) throws {
        remaining -= bytes
        try require(remaining >= 0, "and what stands before it needs more than \(limits.unpackedBytes) bytes")
    }

    // MARK: Objects and lists

    mutating func beginObject() throws {
        try open(UInt8(ascii: "{"), "must be an object")
        path.append("")
    }

    /// The next key of the object that was begun; nil at its end.
    mutating func nextKey() throws -> String? {
        path[path.count - 1] = ""
        guard try next(UInt8(ascii: "}"), "is an object that goes on without a comma") else {
            path.removeLast()
            return nil
        }
        guard let key = try text.string() else { throw error("has a key that is not text in quotes") }
        path[path.count - 1] = Self.shown(key)
        text.skipSpace()
        try require(text.take(UInt8(ascii: ":")), "has no colon after its name")
        return key
    }

    mutating func beginList() throws { try open(UInt8(ascii: "["), "must be a list") }

    /// Whether the list that was begun has a next element; at its end it is closed.
    mutating func nextElement() throws -> Bool { try next(UInt8(ascii: "]"), "is a list that goes on without a comma") }

    private mutating func open(_ bracket: UInt8, _ problem: String) throws {
        text.skipSpace()
        try require(text.take(bracket), problem)
        isFresh.append(true)
        try require(isFresh.count <= Self.maximumDepth, "is more than \(Self.maximumDepth) levels deep")
    }

    private mutating func next(_ bracket: UInt8, _ problem: String) throws -> Bool {
        text.skipSpace()
        if text.take(bracket) {
            isFresh.removeLast()
            return false
        }
        if isFresh[isFresh.count - 1] {
            isFresh[isFresh.count - 1] = false
        } else {
            try require(text.take(UInt8(ascii: ",")), problem)
            text.skipSpace()
        }
        return true
    }

    /// A key that may stand in a message: short, and made of letters, digits and underscores.
    private static func shown(_ key: String) -> String {
        let isName = key.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 0x5F
        }
        return isName && key.utf8.count <= 64 ? key : "(a name that no field has)"
    }

    // MARK: Fields

    /// Reads a field; `null` leaves it as it is.
    mutating func read<Value: JSONValue>(_ value: inout Value) throws {
        if !null() { value = try Value(json: &self) }
    }

    mutating func read<Value: JSONValue>(_ value: inout Value?) throws {
        guard !null() else { return }
        try keep(MemoryLayout<Value>.stride)
        value = try Value(json: &self)
    }

    mutating func read<Value: JSONValue>(_ values: inout [Value]) throws {
        guard !null() else { return }
        try beginList()
        while try nextElement() {
            try keep(MemoryLayout<Value>.stride)
            try require(!null(), "has a null in its list")
            values.append(try Value(json: &self))
        }
    }

    /// Bytes are base64, with either alphabet, with padding or without.
    mutating func read(_ bytes: inout [UInt8]) throws {
        guard !null() else { return }
        let text = try string()
        guard let decoded = Base64.decode(text, alsoURLSafe: true) else { throw error("must be base64") }
        bytes = decoded
    }

    /// A field that the message does not have: refused with its name, or ignored.
    mutating func passOverUnknown() throws {
        try require(unknownFields == .ignored, "is not known: look at its spelling, or leave it out")
        try passOver()
    }

    private mutating func passOver() throws {
        text.skipSpace()
        switch text.peek {
        case UInt8(ascii: "{"):
            try beginObject()
            while try nextKey() != nil { try passOver() }
        case UInt8(ascii: "["):
            try beginList()
            while try nextElement() { try passOver() }
        case UInt8(ascii: "\""): _ = try plainString()
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try bool()
        case UInt8(ascii: "n"): try require(null(), "has a value that is not JSON")
        default: try require(text.number() != nil, "has a value that is not JSON")
        }
    }

    // MARK: Values

    mutating func isString() throws -> Bool {
        text.skipSpace()
        return text.peek == UInt8(ascii: "\"")
    }

    private mutating func null() -> Bool {
        text.skipSpace()
        return text.take("null")
    }

    mutating func bool() throws -> Bool {
        text.skipSpace()
        if text.take("true") { return true }
        try require(text.take("false"), "must be true or false")
        return false
    }

    /// Text without NUL, as on the wire.
    mutating func string() throws -> String {
        let string = try plainString()
        guard !string.utf8.contains(0) else { throw error("is not UTF-8 text without NUL", .invalidText) }
        try keep(string.utf8.count)
        return string
    }

    private mutating func plainString() throws -> String {
        text.skipSpace()
        guard text.peek == UInt8(ascii: "\"") else { throw error("must be text in quotes") }
        guard let string = try text.string() else { throw error("is not UTF-8 text without NUL", .invalidText) }
        return string
    }

    /// A whole number, quoted or not, within the range of its type.
    mutating func integer<Number: FixedWidthInteger>() throws -> Number {
        guard let digits = try numberText().flatMap(JSONText.wholeNumber) else { throw error("must be a whole number") }
        guard let number = Number(digits) else {
            throw error("must be a whole number between \(Number.min) and \(Number.max)")
        }
        return number
    }

    mutating func float<Number: BinaryFloatingPoint & LosslessStringConvertible>() throws -> Number {
        guard let written = try numberText(orWords: true) else { throw error("must be a number") }
        switch written {
        case "NaN": return .nan
        case "Infinity": return .infinity
        case "-Infinity": return -.infinity
        default: break
        }
        guard let number = Number(written) else { throw error("must be a number") }
        try require(number.isFinite, "is out of its range")
        return number
    }

    /// The text of a number, quoted or not; nil for anything else.
    private mutating func numberText(orWords: Bool = false) throws -> String? {
        guard try isString() else { return text.number() }
        let quoted = try plainString()
        if orWords, ["NaN", "Infinity", "-Infinity"].contains(quoted) { return quoted }
        var inner = JSONText(Array(quoted.utf8))
        guard let number = inner.number(), inner.isAtEnd else { return nil }
        return number
    }
}
