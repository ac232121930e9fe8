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
                // A parent that retention took away is none.
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

    /// Whether an export could be taken in now: form of the names, which must be free, and quotas. Asked before the
    /// first of its concepts is, so that nothing is taken in by half.
    public func checkRoomForImport(_ export: UserExport, by principal: Principal) async throws {
        var names: Set<String> = []
        for concept in export.concepts {
            let name = try NameRules.conceptName(concept.name)
            guard names.insert(NameRules.fold(name)).inserted else {
                throw RegistryError(.invalidArgument, "the export has the concept \(name) twice")
            }
            let limit = configuration.quotas.versionsPerConcept
            guard concept.versions.count <= limit else {
                throw RegistryError(
                    .resourceExhausted, "\(name) has \(concept.versions.count) of \(limit) versions a concept may have")
            }
        }
        try await read { db in
            try self.requireMayChange(db, principal)
            for concept in export.concepts {
                guard let taken = try Self.findConcept(db, NameRules.conceptName(concept.name), principal.userID)
                else { continue }
                throw RegistryError(
                    .alreadyExists, "there is a concept named \(taken.name) already; rename or delete it first")
            }
            try self.requireRoomForConcepts(db, export.concepts.count, principal.userID)
        }
    }

    /// Takes a concept of an export in, with its versions' numbers, its current version and its aliases, in one
    /// transaction. `alreadyExists` when the caller has one of that name; `invalidArgument` for an export that
    /// contradicts itself; quotas hold.
    @discardableResult
    public func importConcept(
        _ concept: UserExport.Concept, artifacts: [String: [UInt8]], by principal: Principal
    ) async throws -> CommitResult {
        let name = try NameRules.conceptName(concept.name)
        let versions = try concept.versions.sorted { $0.number < $1.number }.map { version in
            (version, try checked(version, of: name, artifacts))
        }
        let numbers = Set(concept.versions.map(\.number))
        guard !versions.isEmpty, numbers.count == versions.count, numbers.contains(concept.current),
            numbers.allSatisfy({ (1...1_000_000).contains($0) }),
            concept.aliases.allSatisfy({ numbers.contains($0.version) }),
            concept.keepLast.map({ (1...100_000).contains($0) }) ?? true
        else { throw RegistryError(.invalidArgument, "the export of \(name) names versions it does not have") }
        let aliases = try concept.aliases.map { (try NameRules.alias($0.name), $0) }
        return try await write { db in
            try self.requireMayChange(db, principal)
            if let taken = try Self.findConcept(db, name, principal.userID) {
                throw RegistryError(
                    .alreadyExists, "there is a concept named \(taken.name) already; rename or delete it first")
            }
            try self.requireRoomForConcept(db, principal.userID)
            let conceptID = try self.insertConcept(db, name, principal.userID)
            for (version, checked) in versions {
                try db.execute(
                    sql: "UPDATE concept SET next_number = ? WHERE id = ?", arguments: [version.number, conceptID])
                _ = try self.insertVersion(
                    db, checked, conceptID, parent: version.parent.flatMap { numbers.contains($0) ? $0 : nil },
                    principal, createdAtMs: version.createdAtMs)
                let photos = version.kept.map { (name: $0.name, bytes: artifacts[$0.digest] ?? []) }
                try self.keepPhotos(db, photos, conceptID, version.number, principal)
            }
            let change = PointerChange(
                conceptID: conceptID, concept: name, from: nil, target: concept.current, action: .import,
                reason: "")
            let move = try self.move(db, change, by: principal)
            for (alias, exported) in aliases {
                try db.execute(
                    sql: "INSERT INTO alias (concept_id, name, number, protected, updated_ms) VALUES (?, ?, ?, ?, ?)",
                    arguments: [conceptID, alias, exported.version, exported.protected, self.now])
            }
            try db.execute(
                sql: "UPDATE concept SET keep_last = ? WHERE id = ?", arguments: [concept.keepLast, conceptID])
            try self.record(
                db, by: .user(principal.userID), "concept.import", on: .concept(principal.userID, conceptID),
                details: ["versions": .number(versions.count)])
            let found = try Self.concept(db, name, principal.userID)
            return CommitResult(
                version: try Self.version(db, found, concept.current), created: true, move: move,
                revision: try Self.userRevision(db, principal.userID))
        }
    }

    private func checked(
        _ version: UserExport.Version, of name: String, _ artifacts: [String: [UInt8]]
    ) throws -> CheckedEnrollment {
        guard let bytes = artifacts[version.digest], let kind = ConceptRecord.Kind(rawValue: version.kind) else {
            throw RegistryError(
                .invalidArgument, "the export lacks the artifact of version \(version.number) of \(name)")
        }
        let checked = try CheckedEnrollment(
            EnrollmentCommit(
                concept: name, kind: kind, classNoun: version.classNoun, identifier: version.identifier,
                threshold: version.threshold, modelDigest: version.modelDigest, photoCount: version.photos,
                trainingRecord: version.training, artifact: bytes), quotas: configuration.quotas)
        guard checked.digest == version.digest else {
            throw RegistryError(.dataLoss, "the artifact of version \(version.number) of \(name) is damaged")
        }
        for photo in version.kept {
            guard let bytes = artifacts[photo.digest] else {
                throw RegistryError(
                    .invalidArgument, "the export lacks a photo of version \(version.number) of \(name)")
            }
            guard SHA256.hex(bytes) == photo.digest else {
                throw RegistryError(.dataLoss, "a photo of version \(version.number) of \(name) is damaged")
            }
        }
        return checked
    }
}
