internal import Foundation
internal import Foundations
internal import GRDB

extension RegistryStore {
    /// Wraps every data key anew under another master key; no artifact is touched. One transaction: either all or none.
    /// Returns how many keys were wrapped. The caller must store the new key before, and keep the old one until
    /// afterwards.
    public func rewrapDataKeys(under master: MasterKey) async throws -> Int {
        let random = configuration.random
        let count = try await write { db -> Int in
            let rows = try Row.fetchAll(
                db, sql: "SELECT account_id, uid, master, wrapped FROM data_key JOIN account ON account.id = account_id"
            )
            for row in rows {
                let old = try self.masterKeys.withLock { try $0.key(row["master"]) }
                let uid = Blob.bytes(row["uid"])
                let keys = try UserKeys.unwrap(Blob.bytes(row["wrapped"]), under: old, uid: uid)
                try db.execute(
                    sql: "UPDATE data_key SET master = ?, wrapped = ? WHERE account_id = ?",
                    arguments: [
                        master.id, Blob.data(try UserKeys.wrap(keys.data, under: master, uid: uid, random: random)),
                        row["account_id"] as Int64,
                    ])
            }
            try self.record(db, by: .console, "key.rotate", on: .server, details: ["keys": .number(rows.count)])
            return rows.count
        }
        try masterKeys.withLock { $0 = try MasterKeyring([master]) }
        // The old wrapped keys must not remain in the log or in free pages.
        try await checkpointUntilDone()
        return count
    }

    /// Replaces the key in a file: the new one is on the disk before a data key is wrapped under it, and the old one
    /// until all are. A crash in between is repaired when the registry is next opened, or by calling it again.
    public func rotateMasterKey(file path: String) async throws -> Int {
        let next = MasterKeyFile.next(path)
        if !FileManager.default.fileExists(atPath: next) {
            try MasterKeyFile.create(next, try MasterKey.make(random: configuration.random))
        }
        let count = try await rewrapDataKeys(under: try MasterKeyFile.read(next))
        guard rename(next, path) == 0 else { throw DirectoryLock.error("cannot replace the master key", errno, path) }
        return count
    }

    /// Which master keys wrap data keys now.
    static func masterKeysInUse(_ db: Database) throws -> Set<String> {
        try Set(String.fetchAll(db, sql: "SELECT DISTINCT master FROM data_key"))
    }

    /// Ends a rotation that a crash interrupted after the keys were wrapped.
    static func finishRotation(_ path: String, inUse: Set<String>) throws {
        let next = MasterKeyFile.next(path)
        guard FileManager.default.fileExists(atPath: next) else { return }
        let successor = try MasterKeyFile.read(next)
        guard inUse == [successor.id] else { return }
        guard rename(next, path) == 0 else { throw DirectoryLock.error("cannot replace the master key", errno, path) }
    }
}
