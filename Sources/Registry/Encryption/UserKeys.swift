import Foundations
internal import GRDB

/// The keys derived from a user's data key: the key of artifacts, and the one that turns personal values of the audit
/// log into codes.
struct UserKeys: Sendable, Equatable {
    private(set) var data: [UInt8]  // 32
    private(set) var audit: [UInt8]  // 32

    init(data: [UInt8]) throws {
        self.data = data
        audit = try MAC.sha256(key: data, Array("myvlm audit v1".utf8))
    }

    /// Zeroes both keys where nobody else holds them.
    mutating func wipe() {
        data.wipe()
        audit.wipe()
    }

    /// The code of a personal value in the audit log: equal values of one user give equal codes, and once the data key
    /// is destroyed nobody can tell whose they were.
    func code(_ kind: String, _ value: [UInt8]) throws -> String {
        var fields = FieldBytes()
        fields.append(kind)
        fields.append(contentsOf: value)
        return String(Hex.encode(try MAC.sha256(key: audit, fields.bytes)).prefix(16))
    }

    /// Wraps a data key under a master key. The user's lasting identity is authenticated: rows cannot be exchanged.
    static func wrap(
        _ data: [UInt8], under master: MasterKey, uid: [UInt8], random: (Int) throws -> [UInt8]
    ) throws -> [UInt8] {
        try AESGCM.seal(data, key: master.bytes, context: Array("myvlm data key".utf8) + uid, random: random)
    }

    static func unwrap(_ wrapped: [UInt8], under master: MasterKey, uid: [UInt8]) throws -> UserKeys {
        let context = Array("myvlm data key".utf8) + uid
        guard let data = try AESGCM.open(wrapped, key: master.bytes, context: context) else {
            throw RegistryError(.dataLoss, "a user's data key is damaged; restore a backup")
        }
        return try UserKeys(data: data)
    }
}

/// Data keys that were unwrapped, by user.
struct UserKeyCache: Sendable {
    private var keys: [Int64: UserKeys] = [:]
    private static let capacity = 20_000

    func find(_ userID: Int64) -> UserKeys? { keys[userID] }

    mutating func store(_ userID: Int64, _ found: UserKeys) {
        if keys.count >= Self.capacity { keys.removeAll(keepingCapacity: true) }
        keys[userID] = found
    }

    /// Forgets the keys of a user who is gone, and zeroes them.
    mutating func forget(_ userID: Int64) {
        guard var gone = keys.removeValue(forKey: userID) else { return }
        gone.wipe()
    }
}

extension RegistryStore {
    /// The user's keys. Read inside a transaction, so that the keys of an erased user are never returned.
    func keys(_ db: Database, of userID: Int64) throws -> UserKeys {
        if let known = userKeys.withLock({ $0.find(userID) }) { return known }
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT uid, master, wrapped FROM data_key JOIN account ON account.id = account_id
                WHERE account_id = ?
                """, arguments: [userID])
        guard let row else { throw RegistryError(.dataLoss, "a user has no data key; restore a backup") }
        let master = try masterKeys.withLock { try $0.key(row["master"]) }
        let found = try UserKeys.unwrap(Blob.bytes(row["wrapped"]), under: master, uid: Blob.bytes(row["uid"]))
        userKeys.withLock { $0.store(userID, found) }
        return found
    }

    /// Gives a new account its data key and its code in the audit log.
    func insertDataKey(_ db: Database, for userID: Int64, uid: [UInt8]) throws {
        try Self.insertDataKey(
            db, for: userID, uid: uid, master: masterKeys.withLock { $0.current }, now: now,
            random: configuration.random)
    }

    static func insertDataKey(
        _ db: Database, for userID: Int64, uid: [UInt8], master: MasterKey, now: Int64,
        random: (Int) throws -> [UInt8]
    ) throws {
        let data = try random(32)
        let wrapped = try UserKeys.wrap(data, under: master, uid: uid, random: random)
        try db.execute(
            sql: "INSERT INTO data_key (account_id, master, wrapped, created_ms) VALUES (?, ?, ?, ?)",
            arguments: [userID, master.id, Blob.data(wrapped), now])
        try db.execute(
            sql: "UPDATE account SET tag = ? WHERE id = ?",
            arguments: [try UserKeys(data: data).code("user", uid), userID])
    }
}
