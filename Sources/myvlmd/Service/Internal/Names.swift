import Rules

/// Checks text that callers send before any room sees it, for requests that do not check themselves.
enum Names {
    /// A concept's name.
    static func check(_ name: String, what: String) throws { _ = try NameRules.conceptName(name, what: what) }

    /// A reason for the history.
    static func checkReason(_ reason: String) throws { _ = try NameRules.reason(reason) }
}
