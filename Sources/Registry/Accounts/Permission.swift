/// Everything that not everybody may do. Role checks happen here and nowhere else.
enum Permission {
    case manageAccounts
    case readAudit

    /// Throws `permissionDenied` unless `actor` has it.
    func require(of actor: Actor) throws {
        switch actor {
        case .console: return
        case .principal(let principal):
            switch (self, principal.role) {
            case (.manageAccounts, .admin), (.readAudit, .admin): return
            case (.manageAccounts, .user), (.readAudit, .user):
                throw RegistryError(.permissionDenied, "only administrators may do this; ask one")
            }
        }
    }
}
