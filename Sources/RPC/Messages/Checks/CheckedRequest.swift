package import Rules

/// A request with fields that have rules. Clients check it before anything is sent and services when it has arrived, so
/// that both give the same answer and nothing is begun for a request that would be refused later.
///
/// Fields that are looked up rather than kept (a name to log in with, a version, a listing's limit) have no rule here: what
/// is wrong with them shows when nothing is found.
package protocol CheckedRequest: WireMessage {
    /// Throws what is wrong with the first field that breaks its rule.
    func check() throws(RuleError)
}
