internal import GRDB

extension RegistryStore {
    /// All of the caller's concepts at one moment. Their artifacts are read one by one with `artifact(_:of:)`.
    public func export(of principal: Principal) async throws -> UserExport {
        try await read { db in
            let rows = try Row.fetchAll(
                db, sql: Self.conceptSQL + " ORDER BY name_key", arguments: [principal.userID])
            let concepts = try rows.map { row -> UserExport.Concept in
                let concept = try ConceptRecord(row: row)
                let versions = try Row.fetchAll(
                    db, sql: "SELECT * FROM version WHERE concept_id = ? ORDER BY number",
                    arguments: [concept.conceptID]
                ).map { try VersionRecord(row: $0, concept: concept.name, current: concept.currentVersion) }
                // A parent that retention removed is left out.
                let kept = Set(versions.map(\.number))
                return UserExport.Concept(
                    name: concept.name, current: concept.currentVersion, keepLast: concept.keepLast,
                    versions: try versions.map { version in
                        UserExport.Version(
                            number: version.number, digest: version.digest, kind: version.kind.rawValue,
                            classNoun: version.classNoun, identifier: version.identifier,
                            threshold: version.threshold, modelDigest: version.modelDigest,
                            photos: version.photoCount, training: version.trainingRecord,
                            parent: version.parent.flatMap { kept.contains($0) ? $0 : nil },
                            createdAtMs: version.createdAtMs,
                            kept: try Self.photos(db, concept.conceptID, version.number).map {
                                UserExport.Photo(name: $0.name, digest: $0.digest)
                            })
                    },
                    aliases: try Self.aliases(db, concept.conceptID).map {
                        UserExport.Alias(name: $0.name, version: $0.version, protected: $0.isProtected)
                    })
            }
            return UserExport(format: 1, user: principal.name, createdAtMs: self.now, concepts: concepts)
        }
    }
}
