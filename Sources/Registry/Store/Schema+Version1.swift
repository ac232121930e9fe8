extension Schema {
    /// Release 1.0: accounts, tokens, artifacts, concepts, versions, pointers, audit.
    static let version1 = """
        CREATE TABLE counter (
            name TEXT PRIMARY KEY NOT NULL,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        INSERT INTO counter VALUES ('revision', 0);

        CREATE TABLE account (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL CHECK (role IN ('user', 'admin')),
            suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1)),
            created_ms INTEGER NOT NULL,
            revision INTEGER NOT NULL DEFAULT 0,
            salt BLOB NOT NULL,
            key BLOB NOT NULL,
            scrypt_n INTEGER NOT NULL,
            scrypt_r INTEGER NOT NULL,
            scrypt_p INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE token (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
            hash TEXT NOT NULL UNIQUE CHECK (length(hash) = 64),
            label TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            expires_ms INTEGER NOT NULL,
            last_used_ms INTEGER
        ) STRICT;
        CREATE INDEX token_account ON token (account_id);
        CREATE INDEX token_expires ON token (expires_ms);

        CREATE TABLE artifact (
            account_id INTEGER NOT NULL REFERENCES account (id),
            digest TEXT NOT NULL CHECK (length(digest) = 64),
            bytes BLOB NOT NULL,
            PRIMARY KEY (account_id, digest)
        ) STRICT;
        CREATE TRIGGER artifact_is_immutable BEFORE UPDATE ON artifact
            BEGIN SELECT raise(ABORT, 'artifacts are immutable'); END;

        CREATE TABLE concept (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account_id INTEGER NOT NULL REFERENCES account (id),
            name TEXT NOT NULL,
            name_key TEXT NOT NULL,
            created_ms INTEGER NOT NULL,
            updated_ms INTEGER NOT NULL,
            deleted_ms INTEGER,
            deleted_revision INTEGER,
            next_number INTEGER NOT NULL DEFAULT 1,
            current_move INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX concept_name ON concept (account_id, name_key) WHERE deleted_ms IS NULL;
        CREATE INDEX concept_deleted ON concept (deleted_ms) WHERE deleted_ms IS NOT NULL;

        CREATE TABLE version (
            concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
            number INTEGER NOT NULL CHECK (number >= 1),
            account_id INTEGER NOT NULL,
            digest TEXT NOT NULL,
            content TEXT NOT NULL,
            size INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('object', 'person')),
            class_noun TEXT NOT NULL,
            identifier TEXT NOT NULL,
            threshold REAL NOT NULL,
            model_digest TEXT NOT NULL,
            photos INTEGER NOT NULL,
            training TEXT NOT NULL,
            parent INTEGER,
            created_ms INTEGER NOT NULL,
            PRIMARY KEY (concept_id, number),
            UNIQUE (concept_id, content),
            FOREIGN KEY (account_id, digest) REFERENCES artifact (account_id, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX version_artifact ON version (account_id, digest);
        CREATE TRIGGER version_is_immutable BEFORE UPDATE ON version
            BEGIN SELECT raise(ABORT, 'versions are immutable'); END;
        CREATE TRIGGER version_is_kept BEFORE DELETE ON version
            WHEN EXISTS (SELECT 1 FROM concept WHERE id = OLD.concept_id)
            BEGIN SELECT raise(ABORT, 'versions go only with their concept'); END;

        -- Every value `current` ever had. `below` is the move that a rollback without a number returns to.
        CREATE TABLE move (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            concept_id INTEGER NOT NULL REFERENCES concept (id) ON DELETE CASCADE,
            from_number INTEGER,
            to_number INTEGER NOT NULL,
            below INTEGER,
            at_ms INTEGER NOT NULL,
            by_name TEXT NOT NULL,
            action TEXT NOT NULL CHECK (action IN ('enroll', 'rollback')),
            reason TEXT NOT NULL,
            revision INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX move_concept ON move (concept_id);
        CREATE TRIGGER move_is_immutable BEFORE UPDATE ON move
            BEGIN SELECT raise(ABORT, 'the history is append-only'); END;
        CREATE TRIGGER move_is_kept BEFORE DELETE ON move
            WHEN EXISTS (SELECT 1 FROM concept WHERE id = OLD.concept_id)
            BEGIN SELECT raise(ABORT, 'the history goes only with its concept'); END;

        CREATE TABLE audit (
            seq INTEGER PRIMARY KEY,
            at_ms INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            target TEXT NOT NULL,
            details TEXT NOT NULL,
            revision INTEGER NOT NULL,
            hash TEXT NOT NULL
        ) STRICT;
        INSERT INTO counter VALUES ('audit', 0);
        CREATE TRIGGER audit_is_immutable BEFORE UPDATE ON audit
            BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
            BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
        """
}
