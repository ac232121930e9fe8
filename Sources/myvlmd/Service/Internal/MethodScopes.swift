package import RPC
import Registry

/// What a token must be allowed to make a call: the one place where methods and scopes meet.
enum MethodScopes {
    /// The scope of a method; a method that nobody has listed needs all of them.
    static func required(_ method: MethodName) -> Scopes { table[method] ?? .all }

    /// Whether the method is listed.
    static func knows(_ method: MethodName) -> Bool { table[method] != nil }

    private static let table: [MethodName: Scopes] = {
        var table: [MethodName: Scopes] = [:]
        // Any token may tell whose it is, manage tokens that may do no more than itself, and end itself; changing a
        // password takes the old one.
        for name in [
            AccountsMethods.login.name, AccountsMethods.logout.name, AccountsMethods.whoAmI.name,
            AccountsMethods.changePassword.name, AccountsMethods.createToken.name, AccountsMethods.listTokens.name,
            AccountsMethods.rotateToken.name, AccountsMethods.revokeToken.name, ServerMethods.status.name,
        ] { table[name] = [] }
        for name in [
            AccountsMethods.createUser.name, AccountsMethods.setSuspended.name, AccountsMethods.setRole.name,
            AccountsMethods.resetPassword.name, AccountsMethods.setQuota.name, AccountsMethods.addIdentity.name,
            AccountsMethods.removeIdentity.name, AdminMethods.scrub.name, AdminMethods.createBackup.name,
            AdminMethods.listBackups.name, AdminMethods.verifyBackup.name, AdminMethods.eraseUser.name,
        ] { table[name] = .admin }
        for name in [
            AccountsMethods.listUsers.name, AccountsMethods.getUsage.name, AccountsMethods.listIdentities.name,
            ConceptsMethods.listShares.name, ConceptsMethods.listConcepts.name, ConceptsMethods.getConcept.name,
            ConceptsMethods.listVersions.name, ConceptsMethods.compareVersions.name, ConceptsMethods.watch.name,
            ConceptsMethods.listErasures.name, AdminMethods.tailAudit.name, AdminMethods.verifyAudit.name,
            JobsMethods.listJobs.name, JobsMethods.getJob.name, JobsMethods.attachJob.name,
        ] { table[name] = .read }
        for name in [VisionMethods.caption.name, VisionMethods.ask.name, VisionMethods.recognize.name] {
            table[name] = .query
        }
        for name in [
            ConceptsMethods.uploadPhotos.name, ConceptsMethods.checkEnrollment.name, ConceptsMethods.listUploads.name,
            ConceptsMethods.dropUpload.name, ConceptsMethods.enroll.name, ConceptsMethods.rollback.name,
            ConceptsMethods.promote.name, ConceptsMethods.deleteConcept.name, ConceptsMethods.undeleteConcept.name,
            ConceptsMethods.renameConcept.name, ConceptsMethods.setAlias.name, ConceptsMethods.removeAlias.name,
            ConceptsMethods.protectAlias.name, ConceptsMethods.setRetention.name,
            ConceptsMethods.eraseConcept.name, ConceptsMethods.exportData.name, ConceptsMethods.importData.name,
            ConceptsMethods.getPhotos.name, ConceptsMethods.dropPhotos.name,
            ConceptsMethods.shareConcept.name, ConceptsMethods.unshareConcept.name,
            ConceptsMethods.acceptShare.name, ConceptsMethods.declineShare.name,
            ConceptsMethods.blockSharer.name, ConceptsMethods.unblockSharer.name,
            JobsMethods.cancelJob.name, JobsMethods.resumeJob.name,
            // A file of a person holds face keys: reading names is not enough for it.
            ConceptsMethods.exportConcept.name, ConceptsMethods.importConcept.name,
        ] { table[name] = .enroll }
        return table
    }()
}

/// For the test that no method is forgotten.
package enum MethodScopeTable {
    /// Whether the method is listed.
    package static func knows(_ method: MethodName) -> Bool { MethodScopes.knows(method) }
}
