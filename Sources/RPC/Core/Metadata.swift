/// Custom metadata of a call: ordered fields with lower-case names. Names that end in `-bin` hold bytes, all others
/// printable ASCII.
public struct Metadata: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// A value.
    public enum FieldValue: Sendable, Equatable {
        /// Printable ASCII.
        case text(String)
        /// The value of a `-bin` field.
        case bytes([UInt8])
    }

    /// The fields in order; a name may occur more than once.
    public private(set) var fields: [(name: String, value: FieldValue)] = []

    /// Metadata from names and texts.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// The first text of a name.
    public subscript(name: String) -> String? {
        for field in fields where field.name == name {
            if case .text(let text) = field.value { return text }
        }
        return nil
    }

    /// The first bytes of a `-bin` name.
    public func bytes(_ name: String) -> [UInt8]? {
        for field in fields where field.name == name {
            if case .bytes(let bytes) = field.value { return bytes }
        }
        return nil
    }

    /// Adds a text. Characters that may not stand in a header are percent-encoded.
    public mutating func add(_ name: String, _ text: String) {
        fields.append((name.lowercased(), .text(Self.isPrintable(text) ? text : PercentEncoding.encode(text))))
    }

    /// Adds bytes; the name must end in `-bin`, and gets that ending where it does not.
    public mutating func add(_ name: String, bytes: [UInt8]) {
        let lower = name.lowercased()
        fields.append((lower.hasSuffix("-bin") ? lower : lower + "-bin", .bytes(bytes)))
    }

    /// Equal fields in equal order.
    public static func == (left: Metadata, right: Metadata) -> Bool {
        left.fields.count == right.fields.count
            && zip(left.fields, right.fields).allSatisfy { $0.name == $1.name && $0.value == $1.value }
    }

    private static func isPrintable(_ text: String) -> Bool { text.utf8.allSatisfy { (0x20...0x7E).contains($0) } }
}

extension Metadata {
    /// The custom metadata of a header block: what is neither a pseudo-header nor gRPC's own. A `-bin` value that is
    /// not base64 is left out; several joined by commas are split.
    public init(headers: [HeaderField]) {
        for field in headers where !Self.isReserved(field.name) {
            if field.name.hasSuffix("-bin") {
                for part in field.value.split(separator: ",", omittingEmptySubsequences: false) {
                    let trimmed = part.drop { $0 == " " }
                    if let bytes = Base64.decode(trimmed) { fields.append((field.name, .bytes(bytes))) }
                }
            } else {
                fields.append((field.name, .text(field.value)))
            }
        }
    }

    /// The fields of a header block. Reserved names are left out: an application cannot forge a status.
    public var headers: [HeaderField] {
        fields.filter { !Self.isReserved($0.name) && !$0.name.isEmpty }.map { field in
            switch field.value {
            case .text(let text): HeaderField(field.name, text)
            case .bytes(let bytes): HeaderField(field.name, Base64.encode(bytes))
            }
        }
    }

    private static func isReserved(_ name: String) -> Bool {
        name.hasPrefix(":") || name.hasPrefix("grpc-") || name == "content-type" || name == "te" || name == "host"
            || name == "connection"
    }
}
