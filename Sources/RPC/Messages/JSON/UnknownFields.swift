/// What a reader of JSON does with fields and values it does not know.
public enum UnknownFields: Sendable {
    /// They are an error that names them: people write JSON by hand, and a misspelt field must not be lost.
    case refused
    /// They are passed over: a newer peer may say more.
    case ignored
}
