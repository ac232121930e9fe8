internal import Foundation
import Foundations
internal import GRDB
public import Rules

extension RegistryStore {
    /// Stores an enrollment that waits for its turn. `request` is opaque here and stored sealed.
    public func createJob(concept: String, request: [UInt8], by principal: Principal) async throws -> JobRecord {
        let concept = try CheckedText.conceptName(concept)
        let id = Hex.encode(try configuration.random(16))
        return try await write { db in
            try self.requireMayChange(db, principal)
            let sealed = try AESGCM.seal(
                request, key: self.keys(db, of: principal.userID).data, context: Array(id.utf8),
                random: self.configuration.random)
            try db.execute(
                sql: "INSERT INTO job (id, account_id, concept, state, request, created_ms) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [
                    id, principal.userID, concept, JobState.queued.rawValue, Blob.data(sealed), self.now,
                ])
            return try Self.job(db, id)
        }
    }

    /// Begins a queued job. The other concepts of its owner are recorded at the first run, so that a later run trains
    /// against the same ones. `unauthenticated` when the account was suspended meanwhile.
    public func startJob(_ id: String) async throws -> JobWork {
        let began = steadyNow
        return try await write { db in
            let job = try self.move(db, id, .start)
            self.jobStarts.withLock { $0[id] = began }
            try db.execute(
                sql: "UPDATE job SET attempts = attempts + 1, started_ms = ?, finished_ms = NULL WHERE id = ?",
                arguments: [self.now, id])
            let row = try Row.fetchOne(db, sql: "SELECT request, others FROM job WHERE id = ?", arguments: [id])
            guard let row else { throw Self.noJob(id) }
            let context = Array(id.utf8)
            let sealed = Blob.bytes(row["request"])
            guard
                let request = try AESGCM.open(sealed, key: self.keys(db, of: job.userID).data, context: context)
            else { throw RegistryError(.dataLoss, "the job \(id) is damaged; enroll again") }
            let others: [String]
            if let noted = row["others"] as String? {
                others = noted.split(separator: ",").map(String.init)
            } else {
                others = try String.fetchAll(
                    db,
                    sql: """
                        SELECT digest FROM concept JOIN move ON move.id = current_move
                        JOIN version ON version.concept_id = concept.id AND version.number = to_number
                        WHERE concept.account_id = ? AND deleted_ms IS NULL AND name_key <> ? ORDER BY concept.name
                        """, arguments: [job.userID, NameRules.fold(job.concept)])
                try db.execute(
                    sql: "UPDATE job SET others = ? WHERE id = ?", arguments: [others.joined(separator: ","), id])
            }
            let account = try Self.account(db, id: job.userID)
            guard !account.suspended else { throw Self.unknownToken }
            return JobWork(
                job: try Self.job(db, id), request: request, others: others,
                principal: Principal(
                    userID: account.userID, name: account.name, role: account.role, tokenID: 0, expiresAtMs: .max,
                    scopes: account.role.scopes))
        }
    }

    /// Records the stage that a running job has reached.
    public func setStage(_ stage: EnrollmentStage, of id: String) async throws {
        try await write { db in
            try db.execute(
                sql: "UPDATE job SET stage = ? WHERE id = ? AND state = 'running'", arguments: [stage.rawValue, id])
        }
    }

    /// Ends a job that cannot go on.
    @discardableResult
    public func failJob(_ id: String, code: String, message: String) async throws -> JobRecord {
        try await write(essential: true) { db in
            _ = try self.move(db, id, .fail)
            try db.execute(
                sql: "UPDATE job SET error_code = ?, error = ? WHERE id = ?", arguments: [code, message, id])
            return try Self.job(db, id)
        }
    }

    /// Ends a job of the caller. `failedPrecondition` for one that is over.
    @discardableResult
    public func cancelJob(_ id: String, by principal: Principal) async throws -> JobRecord {
        try await write(essential: true) { db in
            try self.requireMayChange(db, principal)
            _ = try Self.job(db, id, of: principal.userID)
            return try self.move(db, id, .cancel)
        }
    }

    /// Ends a job that nobody waits for any more, whoever its owner is by now; returns it as it then is. A job that is
    /// over stays as it ended, one that was erased meanwhile is nil.
    @discardableResult
    package func abandonJob(_ id: String) async throws -> JobRecord? {
        try await write(essential: true) { db in
            guard let row = try Row.fetchOne(db, sql: "SELECT * FROM job WHERE id = ?", arguments: [id]) else {
                return nil
            }
            let job = try JobRecord(row: row)
            return job.state.isOver ? job : try self.move(db, id, .cancel)
        }
    }

    /// Queues a failed job of the caller again.
    public func resumeJob(_ id: String, by principal: Principal) async throws -> JobRecord {
        try await write { db in
            try self.requireMayChange(db, principal)
            _ = try Self.job(db, id, of: principal.userID)
            _ = try self.move(db, id, .resume)
            try db.execute(
                sql: "UPDATE job SET error_code = '', error = '', finished_ms = NULL WHERE id = ?", arguments: [id])
            return try Self.job(db, id)
        }
    }

    /// After a crash: jobs that ran are queued again. Returns all that wait, the oldest first.
    public func recoverJobs() async throws -> [JobRecord] {
        try await write(essential: true) { db in
            let running = try String.fetchAll(db, sql: "SELECT id FROM job WHERE state = 'running'")
            for id in running { _ = try self.move(db, id, .interrupt) }
            return try Row.fetchAll(db, sql: "SELECT * FROM job WHERE state = 'queued' ORDER BY created_ms, id")
                .map(JobRecord.init(row:))
        }
    }

    /// One job of the user; `notFound` for anybody else's.
    public func job(_ id: String, of userID: Int64) async throws -> JobRecord {
        try await read { db in try Self.job(db, id, of: userID) }
    }

    /// The user's jobs, newest first.
    public func jobs(of userID: Int64, limit: Int = 100) async throws -> [JobRecord] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM job WHERE account_id = ? ORDER BY created_ms DESC, id LIMIT ?",
                arguments: [userID, Page.size(limit)]
            ).map(JobRecord.init(row:))
        }
    }

    /// Jobs, of all users, whose photos may still be needed: those that wait or run, and those that failed after `ms`.
    public func photosWanted(since ms: Int64) async throws -> Set<String> {
        try await read { db in
            try Set(
                String.fetchAll(
                    db,
                    sql: """
                        SELECT id FROM job WHERE state IN ('queued', 'running') OR (state = 'failed' AND finished_ms > ?)
                        """, arguments: [ms]))
        }
    }

    /// Seals bytes that belong to a user and are kept outside the database, such as the photos of a job.
    public func seal(_ plain: [UInt8], for userID: Int64, context: String) async throws -> [UInt8] {
        let random = configuration.random
        let keys = try await read { db in try self.keys(db, of: userID) }
        return try AESGCM.seal(plain, key: keys.data, context: Array(context.utf8), random: random)
    }

    /// Opens what `seal` made; `dataLoss` when anything differs.
    public func unseal(_ sealed: [UInt8], of userID: Int64, context: String) async throws -> [UInt8] {
        let keys = try await read { db in try self.keys(db, of: userID) }
        guard let plain = try AESGCM.open(sealed, key: keys.data, context: Array(context.utf8)) else {
            throw RegistryError(.dataLoss, "a file that was kept is damaged; send it again")
        }
        return plain
    }

    /// The job's next state, with its times; throws where the event cannot happen.
    @discardableResult
    func move(_ db: Database, _ id: String, _ event: JobState.Event) throws -> JobRecord {
        let job = try Self.job(db, id)
        guard let next = job.state.after(event) else {
            throw RegistryError(
                .failedPrecondition, "the job \(id) is \(job.state.rawValue); it allows no such change")
        }
        let spent = job.state == .running ? runningMs(id) : 0
        if next != .running { jobStarts.withLock { $0[id] = nil } }
        try db.execute(
            sql: "UPDATE job SET state = ?, spent_ms = spent_ms + ?, finished_ms = ? WHERE id = ?",
            arguments: [next.rawValue, spent, next.isOver ? now : nil, id])
        return try Self.job(db, id)
    }

    private static func job(_ db: Database, _ id: String) throws -> JobRecord {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM job WHERE id = ?", arguments: [id]) else {
            throw noJob(id)
        }
        return try JobRecord(row: row)
    }

    private static func job(_ db: Database, _ id: String, of userID: Int64) throws -> JobRecord {
        let row = try Row.fetchOne(
            db, sql: "SELECT * FROM job WHERE id = ? AND account_id = ?", arguments: [id, userID])
        guard let row else { throw noJob(id) }
        return try JobRecord(row: row)
    }

    private static func noJob(_ id: String) -> RegistryError {
        RegistryError(.notFound, "no job \(id.prefix(64)); list your jobs")
    }
}

extension JobRecord {
    init(row: Row) throws {
        guard let state = JobState(rawValue: row["state"]) else {
            throw RegistryError(.dataLoss, "a job has an unknown state; restore a backup")
        }
        self.init(
            id: row["id"], userID: row["account_id"], concept: row["concept"], state: state, stage: row["stage"],
            attempts: row["attempts"], createdAtMs: row["created_ms"], startedAtMs: row["started_ms"],
            finishedAtMs: row["finished_ms"], spentMs: row["spent_ms"], errorCode: row["error_code"],
            error: row["error"], version: row["version"])
    }
}
