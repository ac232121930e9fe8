package import Rules

/// A request whose only rule is that of the concept's name.
package protocol ConceptRequest: CheckedRequest {
    /// The concept's name.
    var conceptName: String { get }
}

extension ConceptRequest {
    package func check() throws(RuleError) { _ = try NameRules.conceptName(conceptName) }
}

extension GetConceptRequest: ConceptRequest { package var conceptName: String { name } }
extension ListVersionsRequest: ConceptRequest { package var conceptName: String { name } }
extension DeleteConceptRequest: ConceptRequest { package var conceptName: String { name } }
extension UndeleteConceptRequest: ConceptRequest { package var conceptName: String { name } }
extension EraseConceptRequest: ConceptRequest { package var conceptName: String { name } }
extension CompareVersionsRequest: ConceptRequest { package var conceptName: String { name } }
extension ExportConceptRequest: ConceptRequest { package var conceptName: String { name } }
extension GetPhotosRequest: ConceptRequest { package var conceptName: String { concept } }
extension DropPhotosRequest: ConceptRequest { package var conceptName: String { concept } }
extension SetRetentionRequest: ConceptRequest { package var conceptName: String { concept } }

extension RollbackRequest: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.conceptName(name)
        _ = try NameRules.reason(reason)
    }
}

extension PromoteRequest: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.conceptName(name)
        _ = try NameRules.reason(reason)
    }
}

extension RenameConceptRequest: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.conceptName(name)
        _ = try NameRules.conceptName(newName, what: "the concept's new name")
    }
}

extension SetAliasRequest: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.conceptName(concept)
        _ = try NameRules.reason(reason)
        _ = try NameRules.alias(alias)
    }
}

extension RemoveAliasRequest: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.conceptName(concept)
        _ = try NameRules.reason(reason)
        _ = try NameRules.alias(alias)
    }
}

extension ProtectAliasRequest: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.conceptName(concept)
        _ = try NameRules.alias(alias)
    }
}

extension ShareConceptRequest: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.conceptName(concept)
        _ = try NameRules.userName(user)
    }
}

extension ShareChoice: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.conceptName(concept)
        _ = try NameRules.userName(owner)
    }
}

extension BlockSharerRequest: CheckedRequest {
    package func check() throws(RuleError) { _ = try NameRules.userName(owner) }
}
