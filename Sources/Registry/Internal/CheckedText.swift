internal import Rules

/// The rules of texts, as errors of the registry: every commit checks again what the service has checked.
enum CheckedText {
    static func userName(_ text: String) throws(RegistryError) -> String {
        try RuleError.told(as: RegistryError.init) { () throws(RuleError) in try NameRules.userName(text) }
    }

    static func password(_ text: String) throws(RegistryError) -> [UInt8] {
        try RuleError.told(as: RegistryError.init) { () throws(RuleError) in try NameRules.password(text) }
    }

    static func conceptName(
        _ text: String, what: String = "the concept's name"
    ) throws(RegistryError) -> String {
        try RuleError.told(as: RegistryError.init) { () throws(RuleError) in
            try NameRules.conceptName(text, what: what)
        }
    }

    static func classNoun(_ text: String) throws(RegistryError) -> String {
        try RuleError.told(as: RegistryError.init) { () throws(RuleError) in try NameRules.classNoun(text) }
    }

    static func identifier(_ text: String) throws(RegistryError) -> String {
        try RuleError.told(as: RegistryError.init) { () throws(RuleError) in try NameRules.identifier(text) }
    }

    static func reason(_ text: String) throws(RegistryError) -> String {
        try RuleError.told(as: RegistryError.init) { () throws(RuleError) in try NameRules.reason(text) }
    }

    static func label(_ text: String) throws(RegistryError) -> String {
        try RuleError.told(as: RegistryError.init) { () throws(RuleError) in try NameRules.label(text) }
    }

    static func alias(_ text: String) throws(RegistryError) -> String {
        try RuleError.told(as: RegistryError.init) { () throws(RuleError) in try NameRules.alias(text) }
    }

    static func note(_ text: String, what: String) throws(RegistryError) -> String {
        try RuleError.told(as: RegistryError.init) { () throws(RuleError) in try NameRules.note(text, what: what) }
    }

    /// Checks for how many milliseconds a replaced token stays valid.
    static func overlap(ms: Int64) throws(RegistryError) {
        try RuleError.told(as: RegistryError.init) { () throws(RuleError) in
            // A fraction of a second counts as a whole one.
            try TokenRules.checkOverlap(seconds: ms / 1_000 + (ms % 1_000).signum())
        }
    }
}

extension RegistryError {
    init(_ rule: RuleError) { self.init(.invalidArgument, rule.message) }
}
