import Client
import RPC
import RPCTestSupport
import Testing

/// Each call of the client as it is sent: one method, one message, the token, and the time it may take.
@Suite(.timeLimit(.minutes(10))) struct RequestTests {
    /// One call of the client, and what must come of it.
    struct Sent: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: [UInt8]
        let isLimited: Bool
        let call: @Sendable (MyVLMClient) async throws -> Void

        init(
            _ method: String, _ message: some WireMessage, isLimited: Bool = true,
            _ call: @escaping @Sendable (MyVLMClient) async throws -> Void
        ) {
            testDescription = method
            self.message = (try? message.encode()) ?? [0xFF]
            self.isLimited = isLimited
            self.call = call
        }
    }

    /// A message nobody looks into.
    private struct Bytes: WireMessage {
        static let fullName = "bytes"
        let bytes: [UInt8]

        init(decoding bytes: [UInt8], limits: MessageLimits) { self.bytes = bytes }
        func encode() -> [UInt8] { bytes }
        init(json: [UInt8], limits: MessageLimits, unknownFields: UnknownFields) { bytes = json }
        func json() -> [UInt8] { bytes }
    }

    /// The API's methods with one request and one reply.
    private static let unary = MethodCatalog.all.filter { $0.kind == .unary }.map(\.name)

    /// A server that refuses whatever comes, and keeps it.
    static func refusing() throws -> ScriptedServer {
        try ScriptedServer { script in
            // What is kept of a call are its bytes: the messages need no types here.
            for method in unary {
                script.on(UnaryMethod<Bytes, Bytes>(method)) { _ in throw RPCError(code: .aborted, message: "refused") }
            }
        }
    }

    private static let accounts = [
        Sent("Login", LoginRequest(user: "ann", password: "p w", label: "tv", lifetimeSeconds: 60, scopes: ["read"])) {
            _ = try await $0.login(
                user: "ann", password: "p w", label: "tv", lifetime: .seconds(60), scopes: [.read])
        },
        Sent("Logout", LogoutRequest()) { try await $0.logout() },
        Sent("WhoAmI", WhoAmIRequest()) { _ = try await $0.whoAmI() },
        Sent("ChangePassword", ChangePasswordRequest(oldPassword: "a", newPassword: "a new one")) {
            try await $0.changePassword(old: "a", new: "a new one")
        },
        Sent("CreateUser", CreateUserRequest(name: "ben", password: "a password", role: .auditor)) {
            _ = try await $0.createUser(name: "ben", password: "a password", role: .auditor)
        },
        Sent("ListUsers", ListUsersRequest(limit: 1000)) { _ = try await $0.users() },
        Sent("SetSuspended", SetSuspendedRequest(name: "ben", suspended: true)) {
            _ = try await $0.setSuspended(true, user: "ben")
        },
        Sent("SetRole", SetRoleRequest(name: "ben", role: .admin)) { _ = try await $0.setRole(.admin, user: "ben") },
        Sent("ResetPassword", ResetPasswordRequest(name: "ben", password: "a password")) {
            try await $0.resetPassword(user: "ben", to: "a password")
        },
        Sent("GetUsage", GetUsageRequest(user: "ben")) { _ = try await $0.usage(of: "ben") },
        Sent(
            "SetQuota",
            SetQuotaRequest(user: "ben", limits: [.init(name: "a", limit: 0, reset: true), .init(name: "b", limit: 7)])
        ) { _ = try await $0.setQuotas(["b": 7, "a": nil], of: "ben") },
        Sent("AddIdentity", IdentityRequest(user: "ben", certificateName: "CN=x")) {
            _ = try await $0.addIdentity("CN=x", to: "ben")
        },
        Sent("RemoveIdentity", IdentityRequest(user: "ben", certificateName: "CN=x")) {
            _ = try await $0.removeIdentity("CN=x", from: "ben")
        },
        Sent("ListIdentities", ListIdentitiesRequest(user: "ben")) { _ = try await $0.identities(of: "ben") },
        Sent("CreateToken", CreateTokenRequest(label: "robot", lifetimeSeconds: 600, scopes: ["query"])) {
            _ = try await $0.createToken(label: "robot", lifetime: .seconds(600), scopes: [.query])
        },
        Sent("ListTokens", ListTokensRequest()) { _ = try await $0.tokens() },
        Sent("RotateToken", RotateTokenRequest(id: 7, overlapSeconds: 60)) {
            _ = try await $0.rotateToken(7, overlap: .seconds(60))
        },
        Sent("RevokeToken", RevokeTokenRequest(id: 9)) { try await $0.revokeToken(9) },
        Sent("TailAudit", TailAuditRequest(limit: 10, before: 99)) { _ = try await $0.audit(limit: 10, before: 99) },
        Sent("VerifyAudit", VerifyAuditRequest(), isLimited: false) { _ = try await $0.verifyAudit() },
        Sent("Scrub", ScrubRequest(), isLimited: false) { _ = try await $0.scrub() },
        Sent("CreateBackup", CreateBackupRequest(name: "b"), isLimited: false) { _ = try await $0.createBackup("b") },
        Sent("ListBackups", ListBackupsRequest()) { _ = try await $0.backups() },
        Sent("VerifyBackup", VerifyBackupRequest(name: "b"), isLimited: false) { _ = try await $0.verifyBackup("b") },
        Sent("EraseUser", EraseUserRequest(name: "ben")) { _ = try await $0.eraseUser("ben") },
        Sent("Status", StatusRequest()) { _ = try await $0.status() },
    ]

    private static let concepts = [
        Sent("ListConcepts", ListConceptsRequest(limit: 100)) { _ = try await $0.concepts() },
        Sent("GetConcept", GetConceptRequest(name: "zibo")) { _ = try await $0.concept("zibo") },
        Sent("ListVersions", ListVersionsRequest(name: "zibo", limit: 100)) { _ = try await $0.versions(of: "zibo") },
        Sent("Rollback", RollbackRequest(name: "zibo", to: 2, reason: "why", ifVersion: 3)) {
            _ = try await $0.rollback("zibo", to: 2, ifVersion: 3, reason: "why")
        },
        Sent("Promote", PromoteRequest(name: "zibo", version: "v3", reason: "why", ifVersion: 1)) {
            _ = try await $0.promote("zibo", to: "v3", ifVersion: 1, reason: "why")
        },
        Sent("DeleteConcept", DeleteConceptRequest(name: "zibo")) { _ = try await $0.deleteConcept("zibo") },
        Sent("UndeleteConcept", UndeleteConceptRequest(name: "zibo")) { _ = try await $0.undeleteConcept("zibo") },
        Sent("EraseConcept", EraseConceptRequest(name: "zibo")) { _ = try await $0.eraseConcept("zibo") },
        Sent("ListErasures", ListErasuresRequest(limit: 5)) { _ = try await $0.erasures(limit: 5) },
        Sent("ShareConcept", ShareConceptRequest(concept: "zibo", user: "ben")) {
            _ = try await $0.share("zibo", with: "ben")
        },
        Sent("UnshareConcept", ShareConceptRequest(concept: "zibo", user: "ben")) {
            try await $0.unshare("zibo", with: "ben")
        },
        Sent("ListShares", ListSharesRequest()) { _ = try await $0.shares() },
        Sent("DropPhotos", DropPhotosRequest(concept: "zibo")) { _ = try await $0.dropPhotos(of: "zibo") },
        Sent("RenameConcept", RenameConceptRequest(name: "zibo", newName: "cup")) {
            _ = try await $0.renameConcept("zibo", to: "cup")
        },
        Sent("SetAlias", SetAliasRequest(concept: "zibo", alias: "best", version: "3", reason: "why", ifVersion: 2)) {
            _ = try await $0.setAlias("best", of: "zibo", to: "3", when: .ifVersion(2), reason: "why")
        },
        Sent("SetAlias", SetAliasRequest(concept: "zibo", alias: "best", version: "3", onlyNew: true)) {
            _ = try await $0.setAlias("best", of: "zibo", to: "3", when: .onlyNew)
        },
        Sent("RemoveAlias", RemoveAliasRequest(concept: "zibo", alias: "best", reason: "why")) {
            _ = try await $0.removeAlias("best", of: "zibo", reason: "why")
        },
        Sent("ProtectAlias", ProtectAliasRequest(concept: "zibo", alias: "best", isProtected: true)) {
            _ = try await $0.protectAlias("best", of: "zibo")
        },
        Sent("SetRetention", SetRetentionRequest(concept: "zibo", keepLast: 4)) {
            _ = try await $0.setRetention("zibo", keepLast: 4)
        },
        Sent("SetRetention", SetRetentionRequest(concept: "zibo")) {
            _ = try await $0.setRetention("zibo", keepLast: nil)
        },
        Sent("CompareVersions", CompareVersionsRequest(name: "zibo", left: "1", right: "best")) {
            _ = try await $0.compare("zibo", "1", "best")
        },
        Sent("ExportConcept", ExportConceptRequest(name: "zibo", version: 2)) {
            _ = try await $0.exportConcept("zibo", version: 2)
        },
        Sent("ImportConcept", ImportConceptRequest(name: "zibo", data: [1, 2], onlyNew: true, reason: "why")) {
            _ = try await $0.importConcept("zibo", [1, 2], condition: .onlyNew, reason: "why")
        },
        Sent("ListUploads", ListUploadsRequest()) { _ = try await $0.uploads() },
        Sent("DropUpload", DropUploadRequest(uploadId: "u")) { _ = try await $0.dropUpload("u") },
        Sent("AcceptShare", ShareChoice(owner: "ben", concept: "cup")) {
            _ = try await $0.acceptShare("cup", of: "ben")
        },
        Sent("DeclineShare", ShareChoice(owner: "ben", concept: "cup")) {
            _ = try await $0.declineShare("cup", of: "ben")
        },
        Sent("BlockSharer", BlockSharerRequest(owner: "ben")) { _ = try await $0.blockSharer("ben") },
        Sent("UnblockSharer", BlockSharerRequest(owner: "ben")) { _ = try await $0.unblockSharer("ben") },
        Sent("ListJobs", ListJobsRequest(limit: 3)) { _ = try await $0.jobs(limit: 3) },
        Sent("GetJob", JobRequest(id: "j")) { _ = try await $0.job("j") },
        Sent("CancelJob", JobRequest(id: "j")) { _ = try await $0.cancelJob("j") },
        Sent("ResumeJob", JobRequest(id: "j")) { _ = try await $0.resumeJob("j") },
        Sent("Recognize", RecognizeRequest(image: [0xFF, 0xD8, 0xFF, 1]), isLimited: false) {
            _ = try await $0.recognize(Photo(name: "a", bytes: [0xFF, 0xD8, 0xFF, 1]))
        },
    ]

    /// A method that was forgotten here or in the client is missed.
    @Test func everyMethodOfOneRequestAndReplyHasARow() {
        let rows = Set((Self.accounts + Self.concepts).map(\.testDescription))
        #expect(rows.union(["CheckEnrollment"]) == Set(Self.unary.map(\.method)))
    }

    @Test(arguments: accounts + concepts) func aCallIsSentAsItIsMeant(_ sent: Sent) async throws {
        let server = try Self.refusing()
        let client = MyVLMClient(channel: try server.channel(), token: "secret", timeout: .seconds(60))
        let error = await #expect(throws: MyVLMError.self) { try await sent.call(client) }
        #expect(error?.code == .failedPrecondition && error?.message == "refused", "\(String(describing: error))")
        let call = try #require(server.calls.first)
        #expect(server.calls.count == 1 && call.method.method == sent.testDescription)
        #expect(call.messages == [sent.message])
        #expect(call.authorization == "Bearer secret")
        #expect(call.patience == (sent.isLimited ? .seconds(60) : nil))
        await client.close()
    }

    /// What cannot be is not sent.
    @Test(arguments: [0, -1, Int.max]) func numbersThatNoVersionHasAreNotSent(_ number: Int) async throws {
        let server = try Self.refusing()
        let client = MyVLMClient(channel: try server.channel())
        let calls: [@Sendable (MyVLMClient) async throws -> Void] = [
            { _ = try await $0.rollback("zibo", to: number) }, { _ = try await $0.rollback("zibo", ifVersion: number) },
            { _ = try await $0.promote("zibo", to: "v1", ifVersion: number) },
            { _ = try await $0.setAlias("best", of: "zibo", to: "1", when: .ifVersion(number)) },
            { _ = try await $0.setRetention("zibo", keepLast: number) },
            { _ = try await $0.exportConcept("zibo", version: number) },
            { _ = try await $0.importConcept("zibo", [], condition: .ifVersion(number)) },
        ]
        for call in calls {
            let error = await #expect(throws: MyVLMError.self) { try await call(client) }
            #expect(error?.code == .usage && error?.exitCode == 64)
        }
        #expect(server.calls.isEmpty)
        await client.close()
    }
}
