import Client

/// A message as `--json` writes it: its fields by name, without those that mean "none" on the wire.
///
/// The one place where messages become what a terminal reads. The names are a promise: `JSONOutput` writes them in snake case.
protocol TerminalJSON: Encodable {
    /// Names and values; nil is left out.
    var fields: KeyValuePairs<String, (any Encodable)?> { get }
}

extension TerminalJSON {
    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: FieldName.self)
        for (name, value) in fields {
            if let value { try object.encode(value, forKey: FieldName(name)) }
        }
    }
}

/// The name of a field.
private struct FieldName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}

extension BinaryInteger {
    /// Nil for 0, where 0 means none.
    var unlessZero: Self? { self == 0 ? nil : self }
}

extension String {
    /// Nil for an empty text, where that means none.
    var unlessEmpty: String? { isEmpty ? nil : self }
}

extension ConceptKind {
    /// The word that people read: "object" or "person".
    var word: String { self == .person ? "person" : "object" }
}

extension Role {
    /// The word that people write and read: "user", "admin" or "auditor".
    var word: String {
        switch self {
        case .admin: "admin"
        case .auditor: "auditor"
        case .user, .unspecified, .unrecognized: "user"
        }
    }
}
