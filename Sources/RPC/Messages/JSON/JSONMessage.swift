/// What stands in a field: it reads and writes itself as proto3's canonical JSON has it.
protocol JSONValue: Sendable {
    init(json: inout JSONReader) throws
    func write(to json: inout JSONWriter) throws
    /// Whether it is what a field holds that is not there: such fields are not written.
    var isJSONDefault: Bool { get }
}

/// A message with the fields that the generator knows.
protocol JSONMessage: WireMessage, JSONValue {
    /// A message without a field.
    static var blank: Self { get }
    /// Reads the value of a field by either of its names. Returns the field's place in the message; nil for a name that
    /// is none, whose value is not read then.
    mutating func read(_ field: String, from json: inout JSONReader) throws -> Int?
    /// Writes what is not a default.
    func writeFields(to json: inout JSONWriter) throws
}

extension JSONMessage {
    init(json: inout JSONReader) throws {
        self = .blank
        var seen = Set<Int>()
        try json.beginObject()
        while let key = try json.nextKey() {
            guard let field = try read(key, from: &json) else {
                try json.passOverUnknown()
                continue
            }
            try json.require(seen.insert(field).inserted, "stands there twice")
        }
    }

    func write(to json: inout JSONWriter) throws { try json.object { try writeFields(to: &$0) } }

    var isJSONDefault: Bool { false }
}

/// An enum: a name in JSON, or the number of a value without one.
protocol JSONEnum: JSONValue {
    var rawValue: Int32 { get }
    init(rawValue: Int32)
    var jsonName: String? { get }
    init?(jsonName: String)
}

extension JSONEnum {
    init(json: inout JSONReader) throws {
        guard try json.isString() else {
            self.init(rawValue: try json.integer())
            return
        }
        if let value = Self(jsonName: try json.string()) {
            self = value
        } else {
            try json.require(json.unknownFields == .ignored, "has a value that is not known")
            self.init(rawValue: 0)
        }
    }

    func write(to json: inout JSONWriter) throws {
        if let jsonName { try json.string(jsonName) } else { json.plain("\(rawValue)") }
    }

    var isJSONDefault: Bool { rawValue == 0 }
}

extension String: JSONValue {
    init(json: inout JSONReader) throws { self = try json.string() }
    func write(to json: inout JSONWriter) throws { try json.string(self) }
    var isJSONDefault: Bool { isEmpty }
}

extension Bool: JSONValue {
    init(json: inout JSONReader) throws { self = try json.bool() }
    func write(to json: inout JSONWriter) throws { json.plain(self ? "true" : "false") }
    var isJSONDefault: Bool { !self }
}

extension Int32: JSONValue {
    init(json: inout JSONReader) throws { self = try json.integer() }
    func write(to json: inout JSONWriter) throws { json.plain("\(self)") }
    var isJSONDefault: Bool { self == 0 }
}

extension UInt32: JSONValue {
    init(json: inout JSONReader) throws { self = try json.integer() }
    func write(to json: inout JSONWriter) throws { json.plain("\(self)") }
    var isJSONDefault: Bool { self == 0 }
}

// Numbers of 64 bits are text in JSON: many readers keep 53 bits of a number.

extension Int64: JSONValue {
    init(json: inout JSONReader) throws { self = try json.integer() }
    func write(to json: inout JSONWriter) throws { json.plain("\"\(self)\"") }
    var isJSONDefault: Bool { self == 0 }
}

extension UInt64: JSONValue {
    init(json: inout JSONReader) throws { self = try json.integer() }
    func write(to json: inout JSONWriter) throws { json.plain("\"\(self)\"") }
    var isJSONDefault: Bool { self == 0 }
}

extension Float: JSONValue {
    init(json: inout JSONReader) throws { self = try json.float() }
    func write(to json: inout JSONWriter) throws {
        // The shortest text of the largest one is above it for readers that think in doubles, and is refused by them.
        if magnitude == .greatestFiniteMagnitude { json.number(Double(self)) } else { json.number(self) }
    }
    var isJSONDefault: Bool { self == 0 }
}

extension Double: JSONValue {
    init(json: inout JSONReader) throws { self = try json.float() }
    func write(to json: inout JSONWriter) throws { json.number(self) }
    var isJSONDefault: Bool { self == 0 }
}
