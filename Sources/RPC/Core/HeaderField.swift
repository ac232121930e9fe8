/// One field of an HTTP/2 header block; names are lower case.
public struct HeaderField: Sendable, Equatable {
    /// `content-type`, or a pseudo-header such as `:path`.
    public let name: String
    /// The value as text.
    public let value: String

    /// A field.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// The field's size in a header list (RFC 9113, section 6.5.2).
    public var listBytes: Int { name.utf8.count + value.utf8.count + 32 }
}
