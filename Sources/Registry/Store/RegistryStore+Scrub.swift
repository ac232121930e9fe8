internal import Foundations
internal import GRDB

/// What reading every artifact found.
public struct ScrubReport: Sendable, Equatable {
    /// A version whose artifact, or a photo kept with it, is damaged, or whose artifact no model can use.
    public struct Damage: Sendable, Equatable {
        /// The owner's name.
        public let user: String
        /// The concept's name.
        public let concept: String
        /// The version's number.
        public let version: Int
        /// What is wrong with it.
        public let reason: String
    }
    /// Artifacts that were opened and compared with their digests.
    public let artifacts: Int
    /// Their bytes.
    public let bytes: Int
    /// In the order of users, concepts and versions.
    public let damaged: [Damage]
    /// Pages the database's own check complained about; empty when it did not.
    public let structure: [String]

    /// Whether everything is as it was written.
    public var isClean: Bool { damaged.isEmpty && structure.isEmpty }
}

extension RegistryStore {
    /// Opens every artifact, compares it with its digest, inspects it like one that comes in (`inspectArtifacts`), and
    /// runs SQLite's own check. Reads a few at a time, so that no transaction stays open for long; writers go on
    /// meanwhile.
    public func scrub(by actor: Actor) async throws -> ScrubReport {
        try Permission.manageAccounts.require(of: actor)
        var last: (Int64, String) = (0, "")
        var (artifacts, bytes) = (0, 0)
        var damaged: [ScrubReport.Damage] = []
        let inspect = inspector.withLock { $0 }
        while true {
            try Task.checkCancellation()
            let (userID, digest) = last
            let page = try await read { db -> [(Int64, String, Int, [ScrubReport.Damage])] in
                let rows = try Row.fetchAll(
                    db,
                    sql: """
                        SELECT * FROM artifact WHERE (account_id, digest) > (?, ?) ORDER BY account_id, digest LIMIT 16
                        """, arguments: [userID, digest])
                return try rows.map { row in
                    let (owner, name): (Int64, String) = (row["account_id"], row["digest"])
                    let plain = try SealedArtifact(row: row).open(digest: name, keys: self.keys(db, of: owner))
                    guard let plain else {
                        return (owner, name, row["size"], try Self.places(db, owner, name, "its bytes are damaged"))
                    }
                    return (owner, name, row["size"], try Self.unusable(db, owner, name, plain, inspect))
                }
            }
            guard let end = page.last else { break }
            last = (end.0, end.1)
            artifacts += page.count
            bytes += page.reduce(0) { $0 + $1.2 }
            damaged += page.flatMap(\.3)
        }
        let structure = try await read { db in
            try String.fetchAll(db, sql: "PRAGMA integrity_check(10)").filter { $0 != "ok" }
        }
        damaged.sort { ($0.user, $0.concept, $0.version) < ($1.user, $1.concept, $1.version) }
        return ScrubReport(artifacts: artifacts, bytes: bytes, damaged: damaged, structure: structure)
    }

    /// Versions whose artifact is undamaged but cannot be used by any answer.
    private static func unusable(
        _ db: Database, _ userID: Int64, _ digest: String, _ plain: [UInt8], _ inspect: ArtifactInspector?
    ) throws -> [ScrubReport.Damage] {
        guard let inspect,
            try Int.fetchOne(
                db, sql: "SELECT 1 FROM version WHERE account_id = ? AND digest = ?", arguments: [userID, digest])
                != nil
        else { return [] }
        do {
            _ = try inspect(plain)
            return []
        } catch let error as RegistryError where [.invalidArgument, .failedPrecondition].contains(error.code) {
            return try places(db, userID, digest, error.message)
        }
    }

    private static func places(
        _ db: Database, _ userID: Int64, _ digest: String, _ reason: String
    ) throws -> [ScrubReport.Damage] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT account.name AS user, concept.name AS concept, number FROM (
                    SELECT concept_id, number FROM version WHERE account_id = :user AND digest = :digest
                    UNION SELECT concept_id, number FROM photo WHERE account_id = :user AND digest = :digest)
                JOIN concept ON concept.id = concept_id JOIN account ON account.id = concept.account_id
                """, arguments: ["user": userID, "digest": digest]
        ).map { ScrubReport.Damage(user: $0["user"], concept: $0["concept"], version: $0["number"], reason: reason) }
    }
}
