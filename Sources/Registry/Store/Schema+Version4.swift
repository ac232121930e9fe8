extension Schema {
    /// Enrollments as jobs that outlive the server's process.
    static let version4 = """
        CREATE TABLE job (
            id TEXT PRIMARY KEY CHECK (length(id) = 32),
            account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            concept TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
            stage TEXT NOT NULL DEFAULT '',
            -- What to train, sealed under the user's data key.
            request BLOB NOT NULL,
            -- Digests of the user's other concepts when it first ran: a later run trains against the same.
            others TEXT,
            attempts INTEGER NOT NULL DEFAULT 0,
            created_ms INTEGER NOT NULL,
            started_ms INTEGER,
            finished_ms INTEGER,
            spent_ms INTEGER NOT NULL DEFAULT 0,
            error_code TEXT NOT NULL DEFAULT '',
            error TEXT NOT NULL DEFAULT '',
            version INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX job_account ON job (account_id, created_ms);
        CREATE INDEX job_open ON job (state, created_ms) WHERE state IN ('queued', 'running');
        """
}
