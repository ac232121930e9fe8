extension Schema {
    /// Shares that their receivers must accept, named by whom they were offered to whether or not there is such a user;
    /// whose offers are blocked; what an import has brought so far.
    static let version7 = """
        CREATE TABLE share_7 (
            concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
            user TEXT NOT NULL,
            -- NULL: it reached nobody.
            account_id INTEGER REFERENCES account (id) ON DELETE CASCADE,
            state TEXT NOT NULL CHECK (state IN ('offered', 'accepted', 'declined')),
            created_ms INTEGER NOT NULL,
            PRIMARY KEY (concept_id, user)
        ) STRICT, WITHOUT ROWID;
        -- Whoever shared before did so when nobody had to be asked.
        INSERT INTO share_7 (concept_id, user, account_id, state, created_ms)
            SELECT concept_id, name, account_id, 'accepted', share.created_ms
            FROM share JOIN account ON account.id = account_id;
        DROP TABLE share;
        ALTER TABLE share_7 RENAME TO share;
        CREATE INDEX share_account ON share (account_id, state);

        CREATE TABLE share_block (
            account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            -- Not a key: a block tells nobody who exists either.
            owner TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            PRIMARY KEY (account_id, owner)
        ) STRICT, WITHOUT ROWID;

        -- Concepts of a running import that wait for their artifacts, as JSON.
        CREATE TABLE import_concept (
            account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            name_key TEXT NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (account_id, position),
            UNIQUE (account_id, name_key)
        ) STRICT;
        -- Artifacts of a running import that no version names yet; what each says of itself as JSON, '' for photos.
        CREATE TABLE import_artifact (
            account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            digest TEXT NOT NULL,
            description TEXT NOT NULL,
            PRIMARY KEY (account_id, digest)
        ) STRICT, WITHOUT ROWID;
        -- What a user's artifacts take is asked before each one that is stored: not by reading them all.
        CREATE INDEX artifact_size ON artifact (account_id, size);
        """
}
