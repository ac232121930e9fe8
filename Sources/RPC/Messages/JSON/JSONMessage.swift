/// The value of a field, which reads and writes itself as proto3's canonical JSON.
protocol JSONValue: Sendable {
    init(json: inout JSONReader) throws
    func write(to json: inout JSONWriter) throws
    /// Whether it is the default, which is not written.
    var isJSONDefault: Bool { get }
}

/// A message whose fields the generator describes.
protocol JSONMessage: WireMessage, JSONValue {
    /// A message without a field.
    static var blank: Self { get }
    /// Reads the value of a field by either of its names. Returns the field's place in the message; nil for an unknown
    /// name, whose value is then not read.
    mutating func read(_ field: String, from json: inout JSONReader) throws -> Int?
    /// Writes the fields that are not defaults.
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
            try json.require(seen.insert(field).inserted, "occurs twice")
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

// 64-bit numbers are text in JSON: many readers keep only 53 bits of a number.

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
        // Read as a double, the shortest text of the largest float is above it, and such readers refuse it.
        if magnitude == .greatestFiniteMagnitude { json.number(Double(self)) } else { json.number(self) }
    }
    var isJSONDefault: Bool { self == 0 }
}

extension Double: JSONValue {
    init(json: inout JSONReader) throws { self = try json.float() }
    func write(to json: inout JSONWriter) throws { json.number(self) }
    var isJSONDefault: Bool { self == 0 }
}
