/// What a reader of JSON does with fields and values it does not know.
public enum UnknownFields: Sendable {
    /// An error names them: people write JSON by hand, and a misspelt field must not be lost.
    case refused
    /// They are ignored: a newer peer may send more fields.
    case ignored
}
