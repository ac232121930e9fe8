extension Schema {
    /// Quotas of single users, certificates that stand for users, shares.
    static let version5 = """
        CREATE TABLE quota (
            account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            value INTEGER NOT NULL CHECK (value >= 0),
            PRIMARY KEY (account_id, name)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE identity (
            name TEXT PRIMARY KEY,
            account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            created_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX identity_account ON identity (account_id);

        -- A user who may use another's concept, and not read it.
        CREATE TABLE share (
            concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
            account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            created_ms INTEGER NOT NULL,
            PRIMARY KEY (concept_id, account_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX share_account ON share (account_id);
        """
}
