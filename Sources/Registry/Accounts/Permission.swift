/// Actions that need a role. Roles are checked here and nowhere else.
package enum Permission {
    case manageAccounts
    case readAccounts
    case readAudit

    /// Throws `permissionDenied` unless `actor` has it.
    package func require(of actor: Actor) throws {
        switch actor {
        case .console: return
        case .principal(let principal):
            switch (self, principal.role) {
            case (.manageAccounts, .admin): try principal.require(.admin)
            case (.readAudit, .admin), (.readAccounts, .admin): try principal.require(.admin)
            case (.readAudit, .auditor), (.readAccounts, .auditor): try principal.require(.read)
            case (.manageAccounts, .auditor), (.manageAccounts, .user):
                throw RegistryError(.permissionDenied, "only administrators may do this; ask one")
            case (.readAudit, .user), (.readAccounts, .user):
                throw RegistryError(.permissionDenied, "only administrators and auditors may do this; ask one")
            }
        }
    }
}
