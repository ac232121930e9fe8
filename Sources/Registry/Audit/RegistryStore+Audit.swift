internal import Foundation
internal import GRDB

extension RegistryStore {
    /// Adds a row to the audit chain inside the caller's transaction and takes the next revision for it.
    @discardableResult
    func record(
        _ db: Database, actor: String, action: String, target: String, details: [String: AuditValue] = [:]
    ) throws -> Int64 {
        let revision = try Self.nextRevision(db)
        let last = try Row.fetchOne(db, sql: "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        let previous: String = last?["hash"] ?? ""
        let sequence: Int64 = (last?["seq"] ?? 0) + 1
        let draft = AuditRecord(
            sequence: sequence, atMs: now, actor: actor, action: action, target: target,
            details: try AuditValue.json(details), revision: UInt64(revision), hash: "")
        try db.execute(
            sql: """
                INSERT INTO audit (seq, at_ms, actor, action, target, details, revision, hash)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                sequence, draft.atMs, actor, action, target, draft.details, revision,
                draft.expectedHash(after: previous),
            ])
        // The number of the last row stands elsewhere too, so that rows cut off the end are missed.
        try db.execute(sql: "UPDATE counter SET value = ? WHERE name = 'audit'", arguments: [sequence])
        return revision
    }

    /// The newest rows with a number below `before` (0: all), newest first. Administrators and the console only.
    public func audit(limit: Int = 100, before: Int64 = 0, by actor: Actor) async throws -> [AuditRecord] {
        try Permission.readAudit.require(of: actor)
        return try await read { db in
            let below = before > 0 ? before : Int64.max
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?",
                arguments: [below, Page.size(limit)])
            return rows.map(AuditRecord.init(row:))
        }
    }

    /// Walks the whole chain and names the first row that is missing or altered.
    public func verifyAudit() async throws -> AuditVerification {
        try await read { db in
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

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
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
