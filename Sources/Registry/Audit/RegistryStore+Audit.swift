internal import Foundation
internal import GRDB

extension RegistryStore {
    /// Adds a row to the audit chain inside the caller's transaction and takes the next revision for it.
    @discardableResult
    func record(
        _ db: Database, by actor: AuditActor, _ action: String, on target: AuditTarget,
        details: [String: AuditValue] = [:]
    ) throws -> Int64 {
        var coded: [String: AuditValue] = [:]
        for (name, value) in details {
            guard case .personal(let text) = value else {
                coded[name] = value
                continue
            }
            guard !text.isEmpty else { continue }
            switch target {
            case .server: throw RegistryError(.internalError, "a personal value without its person")
            case .user(let id), .concept(let id, _):
                coded[name] = .text(try keys(db, of: id).code("text", Array(text.utf8)))
            }
        }
        return try Self.append(
            db, at: now, actor: try code(db, actor), action: action, target: try code(db, target), details: coded)
    }

    static func append(
        _ db: Database, at now: Int64, actor: String, action: String, target: String, details: [String: AuditValue]
    ) throws -> Int64 {
        let revision = try nextRevision(db)
        let last = try db.row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", [])
        let sequence: Int64 = (last?["seq"] ?? 0) + 1
        let draft = AuditRecord(
            sequence: sequence, atMs: now, actor: actor, action: action, target: target,
            details: try AuditValue.json(details), revision: UInt64(revision), hash: "")
        try db.run(
            """
            INSERT INTO audit (seq, at_ms, actor, action, target, details, revision, hash)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                sequence, draft.atMs, actor, action, target, draft.details, revision,
                draft.expectedHash(after: last?["hash"] ?? ""),
            ])
        // The number of the last row is stored elsewhere too, so that rows removed from the end are noticed.
        try db.run("UPDATE counter SET value = ? WHERE name = 'audit'", [sequence])
        return revision
    }

    private func code(_ db: Database, _ actor: AuditActor) throws -> String {
        switch actor {
        case .console: "(console)"
        case .maintenance: "(maintenance)"
        case .stranger: "(stranger)"
        case .user(let id): try Self.tag(db, id)
        }
    }

    private func code(_ db: Database, _ target: AuditTarget) throws -> String {
        switch target {
        case .server: return ""
        case .user(let id): return try Self.tag(db, id)
        case .concept(let userID, let conceptID):
            guard let uid: Data = try db.value("SELECT uid FROM concept WHERE id = ?", [conceptID]) else {
                throw RegistryError(.internalError, "a row for a concept that is not there")
            }
            return try Self.tag(db, userID) + "/" + keys(db, of: userID).code("concept", Blob.bytes(uid))
        }
    }

    static func tag(_ db: Database, _ userID: Int64) throws -> String {
        guard let tag: String = try db.value("SELECT tag FROM account WHERE id = ?", [userID]) else {
            throw RegistryError(.unauthenticated, "the account is no longer available; log in again")
        }
        return tag
    }

    /// The newest rows with a number below `before` (0: all), newest first, with the names that are still known.
    /// Administrators, auditors and the console only.
    public func audit(limit: Int = 100, before: Int64 = 0, by actor: Actor) async throws -> AuditPage {
        try Permission.readAudit.require(of: actor)
        // A failed login must be visible at once.
        try await flushFailedLogins()
        return try await read { db in
            let below = before > 0 ? before : Int64.max
            let records = try Row.fetchAll(
                db, sql: "SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?",
                arguments: [below, Page.size(limit)]
            ).map(AuditRecord.init(row:))
            return AuditPage(records: records, names: try self.names(db, of: records))
        }
    }

    private func names(_ db: Database, of records: [AuditRecord]) throws -> [String: String] {
        var names: [String: String] = [:]
        for code in Set(records.flatMap { [$0.actor, String($0.target.prefix { $0 != "/" })] }) {
            let account = try Row.fetchOne(db, sql: "SELECT id, name FROM account WHERE tag = ?", arguments: [code])
            guard let account else { continue }
            let (userID, user): (Int64, String) = (account["id"], account["name"])
            names[code] = user
            guard records.contains(where: { $0.target.hasPrefix(code + "/") }) else { continue }
            let keys = try self.keys(db, of: userID)
            let concepts = try Row.fetchAll(
                db, sql: "SELECT name, uid FROM concept WHERE account_id = ?", arguments: [userID])
            for concept in concepts {
                let target = try code + "/" + keys.code("concept", Blob.bytes(concept["uid"]))
                names[target] = user + "/" + (concept["name"] as String)
            }
        }
        return names
    }

    /// Walks the whole chain and names the first row that is missing or altered.
    public func verifyAudit() async throws -> AuditVerification {
        try await read { db in try Self.walkAudit(db) }
    }

    static func walkAudit(_ db: Database) throws -> AuditVerification {
        var previous = ""
        var expected: Int64 = 1
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM audit ORDER BY seq")
        while let row = try rows.next() {
            let record = AuditRecord(row: row)
            guard record.sequence == expected else { return .missing(sequence: expected) }
            guard record.hash == record.expectedHash(after: previous) else { return .altered(sequence: expected) }
            previous = record.hash
            expected += 1
        }
        let last = try Int64.fetchOne(db, sql: "SELECT value FROM counter WHERE name = 'audit'") ?? 0
        return last >= expected ? .missing(sequence: expected) : .intact(rows: expected - 1)
    }
}

extension AuditRecord {
    init(row: Row) {
        self.init(
            sequence: row["seq"], atMs: row["at_ms"], actor: row["actor"], action: row["action"],
            target: row["target"], details: row["details"], revision: UInt64(bitPattern: row["revision"] as Int64),
            hash: row["hash"])
    }
}

/// A value in the details of an audit row.
enum AuditValue: Sendable, Encodable {
    case text(String)
    case number(Int)
    case flag(Bool)
    case numbers([Int])
    /// A text that a person chose: stored as a code under the key of the target's user.
    case personal(String)

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value), .personal(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .flag(let value): try container.encode(value)
        case .numbers(let value): try container.encode(value)
        }
    }

    static func json(_ details: [String: AuditValue]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(details), as: UTF8.self)
    }
}

/// Sizes of pages in listings.
enum Page {
    /// 0 takes 100; at most 1000.
    static func size(_ limit: Int) -> Int { limit <= 0 ? 100 : min(limit, 1000) }
}
