internal import Foundation
internal import GRDB

extension Schema {
    /// Sealed artifacts under data keys, codes instead of names in the audit log, the erasure journal.
    static func version3(_ db: Database, _ context: MigrationContext) throws {
        try db.execute(sql: version3Tables)
        let accounts = try Row.fetchAll(db, sql: "SELECT id, uid FROM account")
        for row in accounts {
            try RegistryStore.insertDataKey(
                db, for: row["id"], uid: Blob.bytes(row["uid"]), master: context.master, now: context.now,
                random: context.random)
        }
        try sealArtifacts(db, context)
        try db.execute(sql: version3Artifacts)
        try codeAudit(db, context)
    }

    private static let version3Tables = """
        -- The code by which the audit log knows the account.
        ALTER TABLE account ADD COLUMN tag TEXT;
        CREATE UNIQUE INDEX account_tag ON account (tag);

        CREATE TABLE data_key (
            account_id INTEGER PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
            master TEXT NOT NULL,
            wrapped BLOB NOT NULL CHECK (length(wrapped) = 60),
            created_ms INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE artifact_3 (
            account_id INTEGER NOT NULL REFERENCES account (id),
            digest TEXT NOT NULL CHECK (length(digest) = 64),
            size INTEGER NOT NULL,
            wrapped BLOB NOT NULL CHECK (length(wrapped) = 60),
            sealed BLOB NOT NULL,
            PRIMARY KEY (account_id, digest)
        ) STRICT;

        -- What was promised to be gone. `erased_ms` NULL: remnants may still stand in the log.
        CREATE TABLE erasure (
            receipt TEXT PRIMARY KEY,
            kind TEXT NOT NULL CHECK (kind IN ('user', 'concept')),
            subject BLOB NOT NULL CHECK (length(subject) = 16),
            account_id INTEGER,
            requested_ms INTEGER NOT NULL,
            erased_ms INTEGER,
            versions INTEGER NOT NULL,
            bytes INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    private static let version3Artifacts = """
        DROP TABLE artifact;
        ALTER TABLE artifact_3 RENAME TO artifact;
        CREATE TRIGGER artifact_is_immutable BEFORE UPDATE ON artifact
            BEGIN SELECT raise(ABORT, 'artifacts are immutable'); END;
        """

    private static func sealArtifacts(_ db: Database, _ context: MigrationContext) throws {
        let keys = try userKeys(db, context)
        let names = try Row.fetchAll(db, sql: "SELECT account_id, digest FROM artifact")
        for name in names {
            let (userID, digest): (Int64, String) = (name["account_id"], name["digest"])
            let data = try Data.fetchOne(
                db, sql: "SELECT bytes FROM artifact WHERE account_id = ? AND digest = ?", arguments: [userID, digest])
            guard let data, let key = keys[userID] else { continue }
            // A damaged one is sealed as it is: opening it still finds the damage.
            try SealedArtifact(Blob.bytes(data), digest: digest, keys: key, random: context.random)
                .insert(db, userID, digest, into: "artifact_3")
        }
    }

    private static func userKeys(_ db: Database, _ context: MigrationContext) throws -> [Int64: UserKeys] {
        var keys: [Int64: UserKeys] = [:]
        let rows = try Row.fetchAll(
            db, sql: "SELECT account_id, uid, wrapped FROM data_key JOIN account ON account.id = account_id")
        for row in rows {
            keys[row["account_id"]] = try UserKeys.unwrap(
                Blob.bytes(row["wrapped"]), under: context.master, uid: Blob.bytes(row["uid"]))
        }
        return keys
    }

    /// Rewrites the audit log with codes for names, so that an erasure can reach it; the last row records the former
    /// head of the chain, for whoever has kept a copy of it.
    private static func codeAudit(_ db: Database, _ context: MigrationContext) throws {
        let keys = try userKeys(db, context)
        var accounts: [String: (id: Int64, tag: String)] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT id, name, tag FROM account") {
            accounts[row["name"]] = (row["id"], row["tag"])
        }
        var concepts: [String: [UInt8]] = [:]
        for row in try Row.fetchAll(db, sql: "SELECT account_id, name, uid FROM concept ORDER BY id") {
            concepts["\(row["account_id"] as Int64)/\(row["name"] as String)"] = Blob.bytes(row["uid"])
        }
        // A user who is gone already gets a code that cannot be computed again.
        let lost = try UserKeys(data: context.random(32))
        func user(_ name: String) throws -> String {
            if name.hasPrefix("(") { return name }
            return try accounts[name]?.tag ?? lost.code("user", Array(name.utf8))
        }
        func target(_ text: String) throws -> String {
            guard let slash = text.firstIndex(of: "/") else { return try user(text) }
            let (owner, name) = (String(text[..<slash]), String(text[text.index(after: slash)...]))
            guard let account = accounts[owner], let key = keys[account.id],
                let uid = concepts["\(account.id)/\(name)"]
            else { return try user(owner) + "/" + lost.code("concept", Array(text.utf8)) }
            return try account.tag + "/" + key.code("concept", uid)
        }
        try db.execute(sql: "DROP TRIGGER audit_is_immutable; DROP TRIGGER audit_is_kept;")
        let rows = try Row.fetchAll(db, sql: "SELECT * FROM audit ORDER BY seq").map(AuditRecord.init(row:))
        var previous = ""
        for row in rows {
            var details = try JSONSerialization.jsonObject(with: Data(row.details.utf8)) as? [String: Any] ?? [:]
            details["reason"] = nil
            details["digest"] = nil
            let json = try JSONSerialization.data(
                withJSONObject: details, options: [.sortedKeys, .withoutEscapingSlashes])
            let coded = AuditRecord(
                sequence: row.sequence, atMs: row.atMs, actor: try user(row.actor), action: row.action,
                target: try target(row.target), details: String(decoding: json, as: UTF8.self),
                revision: row.revision, hash: "")
            previous = coded.expectedHash(after: previous)
            try db.execute(
                sql: "UPDATE audit SET actor = ?, target = ?, details = ?, hash = ? WHERE seq = ?",
                arguments: [coded.actor, coded.target, coded.details, previous, coded.sequence])
        }
        if let last = rows.last {
            _ = try RegistryStore.append(
                db, at: context.now, actor: "(migration)", action: "audit.code", target: "",
                details: ["before": .text(last.hash), "rows": .number(rows.count)])
        }
        try db.execute(
            sql: """
                CREATE TRIGGER audit_is_immutable BEFORE UPDATE ON audit
                    BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
                CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
                    BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
                """)
    }
}
