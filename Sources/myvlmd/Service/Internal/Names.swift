import RPC
import Registry

/// Checks text that callers send before any room sees it. What names and reasons may be is said by `NameRules`, which the
/// commit asks too.
enum Names {
    /// A concept's name.
    static func check(_ name: String, what: String) throws { _ = try NameRules.conceptName(name, what: what) }

    /// A reason for the history.
    static func checkReason(_ reason: String) throws { _ = try NameRules.reason(reason) }

    /// Text for the model, a question say: at most `limit` bytes and no NUL.
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
