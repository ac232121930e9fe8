import Foundation
import RPC
import Registry

/// The calls of `myvlm.v1.Admin`.
struct AdminService: Sendable {
    let registry: RegistryStore
    let runner: CallRunner
    let backups: String
    /// Ends an erased user's jobs and drops the artifacts from memory.
    let forget: @Sendable (Erasure) async -> Void

    func register(in services: inout Services) {
        let (registry, runner, forget, backups) = (registry, runner, forget, backups)
        let small = MethodOptions(maximumRequestBytes: 4 << 10, unpackedBytes: 64 << 10)
        services.register(AdminMethods.tailAudit, options: small) { request, context in
            try await runner.run(context) {
                let page = try await registry.audit(
                    limit: Int(request.limit), before: request.before, by: .principal(context.caller))
                return TailAuditReply(rows: page.records.map { AuditRow(record: $0, names: page.names) })
            }
        }
        services.register(AdminMethods.verifyAudit, options: small) { _, context in
            try await runner.run(context) {
                // The same right as reading it.
                _ = try await registry.audit(limit: 1, by: .principal(context.caller))
                return switch try await registry.verifyAudit() {
                case .intact(let rows): VerifyAuditReply(intact: true, rows: rows)
                case .missing(let row): VerifyAuditReply(brokenAt: row, how: "missing")
                case .altered(let row): VerifyAuditReply(brokenAt: row, how: "altered")
                }
            }
        }
        services.register(AdminMethods.scrub, options: small) { _, context in
            try await runner.run(context) {
                let report = try await registry.scrub(by: .principal(context.caller))
                return ScrubReply(
                    artifacts: UInt64(report.artifacts), bytes: UInt64(report.bytes),
                    damaged: report.damaged.map {
                        DamagedVersion(
                            user: $0.user, concept: $0.concept, version: UInt32($0.version), reason: $0.reason)
                    }, structure: report.structure)
            }
        }
        services.register(AdminMethods.eraseUser, options: small) { request, context in
            try await runner.run(context) {
                let erasure = try await registry.eraseUser(request.name, by: .principal(context.caller))
                await forget(erasure)
                let told = try await RPCMessages.ErasureReceipt.messages([erasure.receipt], registry, backups: backups)
                guard let receipt = told.first else {
                    throw RPCError(code: .internalError, message: "the receipt is lost; see `myvlm concept erasures`")
                }
                return receipt
            }
        }
        registerBackups(in: &services, options: small)
    }

    private func registerBackups(in services: inout Services, options: MethodOptions) {
        let (registry, runner, folder) = (registry, runner, backups)
        services.register(AdminMethods.createBackup, options: options) { request, context in
            try await runner.run(context) {
                let caller = try context.caller
                let name = request.name.isEmpty ? Self.nameOfNow() : try Self.checked(request.name)
                try PrivateFile.makeFolder(folder)
                let manifest = try await registry.createBackup("\(folder)/\(name)", by: .principal(caller))
                return Backup(name: name, manifest: manifest)
            }
        }
        services.register(AdminMethods.listBackups, options: options) { _, context in
            try await runner.run(context) {
                try Self.requireAdministrator(context)
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
                // What has no manifest is no backup; the log tells of it at each start.
                let found = names.sorted().compactMap { name in
                    (try? BackupManifest.read("\(folder)/\(name)")).map { Backup(name: name, manifest: $0) }
                }
                return ListBackupsReply(backups: found)
            }
        }
        services.register(AdminMethods.verifyBackup, options: options) { request, context in
            try await runner.run(context) {
                try Self.requireAdministrator(context)
                let name = try Self.checked(request.name)
                return Backup(name: name, manifest: try registry.verifyBackup("\(folder)/\(name)"))
            }
        }
    }

    private static func requireAdministrator(_ context: CallContext) throws {
        guard try context.caller.role == .admin else {
            throw RPCError(code: .permissionDenied, message: "only administrators may do this; ask one")
        }
    }

    /// A name that is one folder and nothing else.
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
