internal import Foundation
internal import GRDB

/// A backup that still holds what was erased: whoever has it and the master key can open it.
public struct HoldingBackup: Sendable, Equatable {
    /// Its folder's name among the server's backups.
    public let name: String
    /// Milliseconds since 1970.
    public let createdAtMs: Int64
}

extension RegistryStore {
    /// Which backups in `folder` still hold the subjects of erasures, by receipt; the oldest first. An erasure reaches the
    /// registry and whatever is restored into it, not copies on a disk. A folder without a manifest, or with a database
    /// that cannot be opened, is no backup and is left out.
    public func backups(
        in folder: String, holding receipts: [ErasureReceipt]
    ) async throws -> [String: [HoldingBackup]] {
        let names = receipts.isEmpty ? [] : (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        guard !names.isEmpty else { return [:] }
        let wanted = Set(receipts.map(\.receipt))
        let subjects = try await read { db -> [String: Data] in
            var subjects: [String: Data] = [:]
            for row in try Row.fetchAll(db, sql: "SELECT receipt, subject FROM erasure")
            where wanted.contains(row["receipt"]) {
                subjects[row["receipt"]] = row["subject"]
            }
            return subjects
        }
        var found: [String: [HoldingBackup]] = [:]
        for name in names {
            let path = "\(folder)/\(name)"
            guard let manifest = try? BackupManifest.read(path), let held = try? Self.identities(path, manifest) else {
                continue
            }
            let backup = HoldingBackup(name: name, createdAtMs: manifest.createdAtMs)
            for (receipt, subject) in subjects where held.contains(subject) {
                found[receipt, default: []].append(backup)
            }
        }
        return found.mapValues { $0.sorted { ($0.createdAtMs, $0.name) < ($1.createdAtMs, $1.name) } }
    }

    /// The lasting identities of all accounts and concepts in a backup.
    private static func identities(_ folder: String, _ manifest: BackupManifest) throws -> Set<Data> {
        // Before there were such identities nothing could be erased.
        guard manifest.schema >= 3 else { return [] }
        var configuration = Configuration()
        configuration.readonly = true
        let queue = try DatabaseQueue(path: "\(folder)/\(BackupManifest.database)", configuration: configuration)
        defer { try? queue.close() }
        return try queue.read { db in
            try Set(Data.fetchAll(db, sql: "SELECT uid FROM concept UNION SELECT uid FROM account"))
        }
    }
}
