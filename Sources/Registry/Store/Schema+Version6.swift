extension Schema {
    /// Photos that somebody wanted kept: sealed among the artifacts, named by their version.
    static let version6 = """
        CREATE TABLE photo (
            concept_id INTEGER NOT NULL,
            number INTEGER NOT NULL,
            position INTEGER NOT NULL CHECK (position >= 0),
            account_id INTEGER NOT NULL,
            digest TEXT NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (concept_id, number, position),
            FOREIGN KEY (concept_id, number) REFERENCES version (concept_id, number) ON DELETE CASCADE,
            FOREIGN KEY (account_id, digest) REFERENCES artifact (account_id, digest)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX photo_artifact ON photo (account_id, digest);
        """
}
