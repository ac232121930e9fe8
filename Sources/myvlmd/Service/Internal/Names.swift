import RPC

/// Checks text that callers send before any room sees it.
enum Names {
    /// Longest name of a concept, an identifier or a noun, in UTF-8 bytes.
    static let maximumBytes = 64

    /// A name people and files can carry: 1 to 64 bytes, no control character, no `/` or `\`, not `.` or `..`, no
    /// space at its ends, and nothing the model's templates could read as their own.
    static func check(_ name: String, what: String) throws {
        func refuse(_ why: String) -> RPCError { RPCError(code: .invalidArgument, message: "\(what) \(why)") }
        guard !name.isEmpty else { throw refuse("is empty; give it a name of 1 to \(maximumBytes) bytes") }
        guard name.utf8.count <= maximumBytes else {
            throw refuse("has \(name.utf8.count) bytes; \(maximumBytes) are allowed")
        }
        guard name.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control && $0 != "\u{FFFD}" }) else {
            throw refuse("holds a control character (NUL, newline, tab, ...); take it out")
        }
        guard !name.contains("/"), !name.contains("\\"), name != ".", name != ".." else {
            throw refuse("looks like a path; names hold no / or \\ and are not . or ..")
        }
        guard name.first != " ", name.last != " " else { throw refuse("begins or ends with a space; take it out") }
        guard !name.contains("<|"), !name.contains("|>"), !name.contains("{"), !name.contains("}") else {
            throw refuse("holds <|, |>, { or }, which the model's templates own; take them out")
        }
    }

    /// Free text: at most `limit` bytes and no NUL.
    static func checkText(_ text: String, what: String, limit: Int) throws {
        guard text.utf8.count <= limit else {
            throw RPCError(
                code: .invalidArgument, message: "\(what) has \(text.utf8.count) bytes; \(limit) are allowed")
        }
        guard !text.unicodeScalars.contains("\0") else {
            throw RPCError(code: .invalidArgument, message: "\(what) holds a NUL; take it out")
        }
    }
}
