internal import Foundation
import Foundations
internal import GRDB

extension RegistryStore {
    /// Copies the registry as it is at one moment into a new folder, while others read and write, and verifies the
    /// copy. The master key is not part of it. The copy is made beside the folder and renamed when it is complete: a
    /// backup that fails or is killed leaves no folder of that name, and `sweepBackups` removes its remains.
    ///
    /// `alreadyExists` when a backup is there, `storageFull` when the disk is, `dataLoss` when the copy is not sound.
    public func createBackup(_ folder: String, by actor: Actor) async throws -> BackupManifest {
        try Permission.manageAccounts.require(of: actor)
        try Self.requireNoBackup(folder)
        let draft = try BackupDraft(for: folder, id: Hex.encode(try configuration.random(8)))
        backupDrafts.withLock { _ = $0.insert(draft.folder) }
        defer { backupDrafts.withLock { _ = $0.remove(draft.folder) } }
        do {
            let copy = draft.folder + "/" + BackupManifest.database
            try draft.make()
            try DirectoryLock.makePrivate(file: copy)
            try await vacuum(into: copy)
            let manifest = try Self.describe(copy, createdAtMs: now)
            let path = draft.folder + "/" + BackupManifest.file
            guard
                FileManager.default.createFile(
                    atPath: path, contents: try manifest.encoded(), attributes: [.posixPermissions: 0o600])
            else { throw DirectoryLock.error("cannot write the backup's manifest", errno, path) }
            for file in [copy, path, draft.folder] { try Self.sync(file) }
            _ = try Self.verifyBackup(draft.folder, masterKeys: masterKeys.withLock { $0 })
            try await write { db in
                try self.requireLive(db, actor)
                try self.record(
                    db, by: actor.auditActor, "backup.create", on: .server,
                    details: ["sha256": .text(manifest.sha256), "bytes": .number(manifest.bytes)])
            }
            try draft.publish()
            try Self.sync(draft.parent)
            return manifest
        } catch {
            draft.discard()  // The first error tells more.
            throw error
        }
    }

    /// Removes what killed backups left in a folder of backups; those that are being made now stay. Returns the names
    /// of folders there that are no backups, because an earlier release left them or somebody else did.
    @discardableResult
    public func sweepBackups(in folder: String) -> [String] {
        let drafts = backupDrafts.withLock { $0 }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var foreign: [String] = []
        for name in names.sorted() {
            let path = folder + "/" + name
            if name.hasPrefix(BackupDraft.prefix) {
                // What cannot be removed now is tried again by the next sweep.
                if !drafts.contains(path) { try? FileManager.default.removeItem(atPath: path) }
            } else if !BackupDraft.isBackup(path) {
                foreign.append(name)
            }
        }
        return foreign
    }

    /// A name is free unless a backup has it; what a killed backup of an earlier release left is removed.
    private static func requireNoBackup(_ folder: String) throws {
        guard FileManager.default.fileExists(atPath: folder), !BackupDraft.isRemnant(folder) else { return }
        throw RegistryError(
            .alreadyExists, "a backup of that name exists already; choose another name", place: folder)
    }

    /// Checks a backup: the file's SHA-256, SQLite's own check, the audit chain, and every artifact against its digest.
    /// `dataLoss` says what is wrong; `failedPrecondition` names the master key that is missing.
    public static func verifyBackup(_ folder: String, masterKey: MasterKeySource) throws -> BackupManifest {
        let ring: MasterKeyring =
            switch masterKey {
            case .keys(let keys): try MasterKeyring(keys)
            case .file(let path): try MasterKeyFile.keyring(path, isNew: false, random: Randomness.bytes)
            }
        return try verifyBackup(folder, masterKeys: ring)
    }

    /// The same with the master keys of this registry.
    public func verifyBackup(_ folder: String) throws -> BackupManifest {
        try Self.verifyBackup(folder, masterKeys: masterKeys.withLock { $0 })
    }

    static func verifyBackup(_ folder: String, masterKeys: MasterKeyring) throws -> BackupManifest {
        let manifest = try BackupManifest.read(folder)
        let path = folder + "/" + BackupManifest.database
        guard try fileDigest(path) == manifest.sha256 else {
            throw RegistryError(
                .dataLoss, "the backup is not what its manifest says; use another backup", place: path)
        }
        guard manifest.schema == Schema.version else {
            // An older one is migrated by the restore; its artifacts are checked then.
            guard manifest.schema < Schema.version else {
                throw RegistryError(
                    .schemaTooNew,
                    "the backup has schema \(manifest.schema), this release knows up to \(Schema.version); "
                        + "use a newer release")
            }
            return manifest
        }
        do {
            let queue = try openCopy(path)
            defer { try? queue.close() }
            try queue.read { db in
                let report = try String.fetchAll(db, sql: "PRAGMA integrity_check(5)")
                guard report == ["ok"] else {
                    throw RegistryError(.dataLoss, "the backup is damaged: \(report.joined(separator: "; "))")
                }
                for id in try masterKeysInUse(db) { _ = try masterKeys.key(id) }
                guard case .intact = try walkAudit(db) else {
                    throw RegistryError(.dataLoss, "the audit log of the backup is broken; use another backup")
                }
                try openArtifacts(db, masterKeys)
            }
        } catch {
            throw RegistryError.mapped(error)
        }
        return manifest
    }

    /// Puts a backup in the place of the registry in `configuration.directory`, which no server may have open. The old
    /// database stays beside it as `registry.sqlite.before-restore`.
    ///
    /// All tokens end: a revoked one must not come back. Revisions jump ahead of every revision that was ever given
    /// out, and watchers start over. Erasures in the journal are repeated when the registry is opened, which this does.
    public static func restoreBackup(_ folder: String, into configuration: RegistryConfiguration) throws
        -> BackupManifest
    {
        let ring = configuration.masterKeySource
        let manifest = try verifyBackup(folder, masterKey: ring)
        let target = configuration.directory + "/registry.sqlite"
        do {
            let lock = try DirectoryLock(path: configuration.directory)
            let fresh = target + ".restoring"
            for suffix in ["", "-wal", "-shm"] { unlink(fresh + suffix) }
            try FileManager.default.copyItem(atPath: folder + "/" + BackupManifest.database, toPath: fresh)
            try DirectoryLock.makePrivate(file: fresh)
            let queue = try openCopy(fresh, readonly: false)
            try queue.write { db in
                try db.execute(sql: "DELETE FROM token")
                try db.execute(
                    sql: "UPDATE counter SET value = value + ? WHERE name = 'revision'", arguments: [revisionJump])
                try db.execute(sql: "UPDATE account SET revision = revision + ?", arguments: [revisionJump])
                if manifest.schema >= 2 {
                    try db.execute(sql: "DELETE FROM event; UPDATE account SET compacted = revision;")
                }
            }
            try queue.close()
            try sync(fresh)
            let old = target + ".before-restore"
            for suffix in ["-wal", "-shm"] {
                // Left by a crash: it belongs to the old database and goes with it.
                try move(target + suffix, to: old + suffix)
            }
            try move(target, to: old)
            guard rename(fresh, target) == 0 else {
                throw DirectoryLock.error("cannot put the backup there", errno, target)
            }
            // The old log went with the old database: nothing is missing.
            RunMark(directory: configuration.directory).clear()
            try sync(configuration.directory)
            withExtendedLifetime(lock) {}
        } catch let error as RegistryError {
            throw error
        } catch {
            throw RegistryError.mapped(error)
        }
        var opened = configuration
        opened.makesMissing = false
        try RegistryStore(opened).close()
        return manifest
    }

    /// Moves what is there, a file or whatever stands in its place, over what an earlier restore left.
    private static func move(_ path: String, to old: String) throws {
        let manager = FileManager.default
        if manager.fileExists(atPath: old) { try manager.removeItem(atPath: old) }
        guard rename(path, old) == 0 || errno == ENOENT else {
            throw DirectoryLock.error("cannot move the old database aside", errno, path)
        }
    }

    /// More than any registry counts between two backups.
    private static let revisionJump: Int64 = 1_000_000_000

    /// `VACUUM INTO` is one read transaction: a copy of one moment, without free pages, while writers go on.
    private func vacuum(into path: String) async throws {
        let source = pool.path
        do {
            var configuration = Configuration()
            configuration.readonly = true
            let queue = try DatabaseQueue(path: source, configuration: configuration)
            defer { try? queue.close() }
            try await queue.writeWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [path])
            }
        } catch {
            throw RegistryError.mapped(error)
        }
    }

    private static func describe(_ path: String, createdAtMs: Int64) throws -> BackupManifest {
        let digest = try fileDigest(path)
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber
        let queue = try openCopy(path)
        defer { try? queue.close() }
        return try queue.read { db in
            func count(_ table: String) throws -> Int {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
            }
            return BackupManifest(
                format: 1, createdAtMs: createdAtMs,
                schema: try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
                revision: UInt64(
                    try Int64.fetchOne(db, sql: "SELECT value FROM counter WHERE name = 'revision'") ?? 0),
                bytes: size?.intValue ?? 0, sha256: digest, masterKeys: try masterKeysInUse(db).sorted(),
                users: try count("account"), concepts: try count("concept"), artifacts: try count("artifact"))
        }
    }

    private static func openCopy(_ path: String, readonly: Bool = true) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.readonly = readonly
        configuration.prepareDatabase { db in try Schema.check(db) }
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    private static func openArtifacts(_ db: Database, _ masterKeys: MasterKeyring) throws {
        var keys: [Int64: UserKeys] = [:]
        let wrapped = try Row.fetchAll(
            db, sql: "SELECT account_id, uid, master, wrapped FROM data_key JOIN account ON account.id = account_id")
        for row in wrapped {
            keys[row["account_id"]] = try UserKeys.unwrap(
                Blob.bytes(row["wrapped"]), under: try masterKeys.key(row["master"]), uid: Blob.bytes(row["uid"]))
        }
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM artifact")
        while let row = try rows.next() {
            let (userID, digest): (Int64, String) = (row["account_id"], row["digest"])
            guard let key = keys[userID], try SealedArtifact(row: row).open(digest: digest, keys: key) != nil else {
                throw RegistryError(.dataLoss, "an artifact of the backup is damaged; use another backup")
            }
        }
    }

    private static func fileDigest(_ path: String) throws(RegistryError) -> String {
        do {
            return Hex.encode(try SHA256Digest.of(contentsOf: path))
        } catch {
            throw RegistryError(.notFound, "the backup's database cannot be read; check its owner", place: path)
        }
    }

    private static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DirectoryLock.error("cannot open what is to be synced", errno, path) }
        defer { Foundation.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw DirectoryLock.error("cannot sync it", errno, path) }
    }
}
