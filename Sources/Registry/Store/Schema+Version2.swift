extension Schema {
    /// Auditors, token scopes, identities that survive a restore, aliases with their history, retention, events.
    static let version2 = """
        CREATE TABLE account_2 (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL CHECK (role IN ('user', 'admin', 'auditor')),
            suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
            created_ms INTEGER NOT NULL,
            revision INTEGER NOT NULL DEFAULT 0,
            salt BLOB NOT NULL,
            key BLOB NOT NULL,
            scrypt_n INTEGER NOT NULL,
            scrypt_r INTEGER NOT NULL,
            scrypt_p INTEGER NOT NULL,
            -- Ids may be given out again after a restore of an old backup; this one never is.
            uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
            -- Events up to this revision are gone.
            compacted INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        INSERT INTO account_2 SELECT id, name, role, suspended, created_ms, revision, salt, key, scrypt_n, scrypt_r,
            scrypt_p, randomblob(16), revision FROM account;
        DROP TABLE account;
        ALTER TABLE account_2 RENAME TO account;

        -- Bits: 1 read, 2 query, 4 enroll, 8 admin; the role cuts them further.
        ALTER TABLE token ADD COLUMN scopes INTEGER NOT NULL DEFAULT 15;

        ALTER TABLE concept ADD COLUMN uid BLOB;
        UPDATE concept SET uid = randomblob(16);
        CREATE UNIQUE INDEX concept_uid ON concept (uid);
        ALTER TABLE concept ADD COLUMN keep_last INTEGER CHECK (keep_last >= 1);

        -- Every value any pointer ever had; `pointer` is 'current' or an alias. `to_number` NULL: the alias was removed.
        -- `below` is the move that a rollback without a number returns to.
        CREATE TABLE move_2 (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
            pointer TEXT NOT NULL,
            from_number INTEGER,
            to_number INTEGER,
            below INTEGER,
            at_ms INTEGER NOT NULL,
            by_name TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action IN ('enroll', 'promote', 'rollback', 'alias', 'unalias', 'import')),
            reason TEXT NOT NULL,
            revision INTEGER NOT NULL
        ) STRICT;
        INSERT INTO move_2 SELECT id, concept_id, 'current', from_number, to_number, below, at_ms, by_name, action,
            reason, revision FROM move;
        DROP TABLE move;
        ALTER TABLE move_2 RENAME TO move;
        CREATE INDEX move_concept ON move (concept_id);
        CREATE TRIGGER move_is_immutable BEFORE UPDATE ON move
            BEGIN SELECT raise(ABORT, 'the history is append-only'); END;
        CREATE TRIGGER move_is_kept BEFORE DELETE ON move
            WHEN EXISTS (SELECT 1 FROM concept WHERE id = OLD.concept_id)
            BEGIN SELECT raise(ABORT, 'the history goes only with its concept'); END;

        CREATE TABLE alias (
            concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            number INTEGER NOT NULL,
            protected INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1)),
            updated_ms INTEGER NOT NULL,
            PRIMARY KEY (concept_id, name),
            FOREIGN KEY (concept_id, number) REFERENCES version (concept_id, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX alias_version ON alias (concept_id, number);

        -- Retention takes versions away, but never one that a pointer names.
        DROP TRIGGER version_is_kept;
        CREATE TRIGGER version_is_kept BEFORE DELETE ON version
            WHEN EXISTS (
                SELECT 1 FROM concept LEFT JOIN move ON move.id = current_move
                WHERE concept.id = OLD.concept_id AND (
                    to_number IS OLD.number
                    OR EXISTS (
                        SELECT 1 FROM alias WHERE alias.concept_id = concept.id AND alias.number = OLD.number)))
            BEGIN SELECT raise(ABORT, 'a pointer names this version'); END;

        -- What happened to a user's concepts, one row a revision; names are looked up when it is read.
        CREATE TABLE event (
            account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            revision INTEGER NOT NULL,
            at_ms INTEGER NOT NULL,
            kind TEXT NOT NULL,
            concept_id INTEGER NOT NULL,
            pointer TEXT,
            from_number INTEGER,
            to_number INTEGER,
            PRIMARY KEY (account_id, revision)
        ) STRICT, WITHOUT ROWID;
        """
}
