import Foundation
import RPC
import Registry

/// The calls of `myvlm.v1.Admin`.
struct AdminService: AdminServing {
    let registry: RegistryStore
    /// The folder of backups.
    let backups: String
    /// Ends an erased user's jobs and drops the artifacts from memory.
    let forget: @Sendable (Erasure) async -> Void

    func tailAudit(_ request: TailAuditRequest, _ context: CallContext) async throws -> TailAuditReply {
        let page = try await registry.audit(
            limit: Int(request.limit), before: request.before, by: .principal(context.caller))
        return TailAuditReply(rows: page.records.map { AuditRow(record: $0, names: page.names) })
    }

    func verifyAudit(_: VerifyAuditRequest, _ context: CallContext) async throws -> VerifyAuditReply {
        // Needs the same right as reading it.
        _ = try await registry.audit(limit: 1, by: .principal(context.caller))
        return switch try await registry.verifyAudit() {
        case .intact(let rows): VerifyAuditReply(intact: true, rows: rows)
        case .missing(let row): VerifyAuditReply(brokenAt: row, how: "missing")
        case .altered(let row): VerifyAuditReply(brokenAt: row, how: "altered")
        }
    }

    func scrub(_: ScrubRequest, _ context: CallContext) async throws -> ScrubReply {
        let report = try await registry.scrub(by: .principal(context.caller))
        return ScrubReply(
            artifacts: UInt64(report.artifacts), bytes: UInt64(report.bytes),
            damaged: report.damaged.map {
                DamagedVersion(
                    user: $0.user, concept: $0.concept, version: UInt32($0.version), reason: $0.reason)
            }, structure: report.structure)
    }

    func eraseUser(_ request: EraseUserRequest, _ context: CallContext) async throws -> RPCMessages.ErasureReceipt {
        let erasure = try await registry.eraseUser(request.name, by: .principal(context.caller))
        await forget(erasure)
        let told = try await RPCMessages.ErasureReceipt.messages([erasure.receipt], registry, backups: backups)
        guard let receipt = told.first else {
            throw RPCError(code: .internalError, message: "the receipt is lost; see `myvlm concept erasures`")
        }
        return receipt
    }

    func createBackup(_ request: CreateBackupRequest, _ context: CallContext) async throws -> Backup {
        let caller = try context.caller
        let name = request.name.isEmpty ? Self.nameOfNow() : try Self.checked(request.name)
        try PrivateFile.makeFolder(backups)
        let manifest = try await registry.createBackup("\(backups)/\(name)", by: .principal(caller))
        return Backup(name: name, manifest: manifest)
    }

    func listBackups(_: ListBackupsRequest, _ context: CallContext) async throws -> ListBackupsReply {
        try Permission.manageAccounts.require(of: .principal(context.caller))
        let names = (try? FileManager.default.contentsOfDirectory(atPath: backups)) ?? []
        // A folder without a manifest is not a backup; the log names it at each start.
        let found = names.sorted().compactMap { name in
            (try? BackupManifest.read("\(backups)/\(name)")).map { Backup(name: name, manifest: $0) }
        }
        return ListBackupsReply(backups: found)
    }

    func verifyBackup(_ request: VerifyBackupRequest, _ context: CallContext) async throws -> Backup {
        try Permission.manageAccounts.require(of: .principal(context.caller))
        let name = try Self.checked(request.name)
        return Backup(name: name, manifest: try registry.verifyBackup("\(backups)/\(name)"))
    }

    /// A name that is a single folder, not a path.
    private static func checked(_ name: String) throws -> String {
        let allowed = name.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [0x2E, 0x5F, 0x2D].contains(byte)
        }
        guard (1...64).contains(name.utf8.count), allowed, !name.hasPrefix(".") else {
            throw RPCError(
                code: .invalidArgument,
                message: "a backup's name has 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-' and does not begin with '.'")
        }
        return name
    }

    /// `2026-11-23T120000Z`.
    private static func nameOfNow() -> String {
        Date().formatted(.iso8601.year().month().day().time(includingFractionalSeconds: false))
            .replacingOccurrences(of: ":", with: "") + "Z"
    }
}

extension Backup {
    fileprivate init(name: String, manifest: BackupManifest) {
        self.init(
            name: name, createdAtMs: manifest.createdAtMs, schema: UInt32(manifest.schema),
            revision: manifest.revision, bytes: UInt64(manifest.bytes), sha256: manifest.sha256,
            users: UInt32(manifest.users), concepts: UInt32(manifest.concepts), artifacts: UInt32(manifest.artifacts),
            masterKeys: manifest.masterKeys)
    }
}

extension AuditRow {
    fileprivate init(record: AuditRecord, names: [String: String]) {
        self.init(
            sequence: record.sequence, atMs: record.atMs, actor: record.actor, actorName: names[record.actor] ?? "",
            action: record.action, target: record.target, targetName: names[record.target] ?? "",
            detailsJson: record.details, revision: record.revision, hash: record.hash)
    }
}
