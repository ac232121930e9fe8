import Foundation
import Registry
import Testing

extension RegistryStore {
    /// Takes a concept of an export in as an import does.
    @discardableResult
    func taken(
        _ concept: UserExport.Concept, artifacts: [String: [UInt8]], by principal: Principal
    ) async throws -> CommitResult {
        _ = try await beginImport(by: principal)
        try await stageImport([concept], first: 0, by: principal)
        let photos = Set(concept.versions.flatMap { $0.kept.map(\.digest) })
        for digest in concept.digests {
            guard let bytes = artifacts[digest] else { continue }
            try await stageImport(
                [try examined(bytes, digest: digest, isPhoto: photos.contains(digest))], by: principal)
        }
        let staged = try #require(try await stagedImport(at: 0, by: principal))
        let result = try await commitImport(staged, by: principal)
        try await endImport(of: principal)
        return result
    }
}

@Suite(.timeLimit(.minutes(10))) struct ImportTests {
    private func exported(_ store: RegistryStore, _ owner: Principal) async throws -> UserExport.Concept {
        for number in 1...3 { _ = try await store.commit(enrollment("mug", "\(number)"), by: owner) }
        return try await store.export(of: owner).concepts[0]
    }

    /// Bytes that no version names yet are the user's, count against the quota, outlive other changes of the user, and
    /// go with the import that brought them, or when the registry is opened next.
    @Test func whatAnImportBringsGoesWithIt() async throws {
        let harness = try Harness()
        var store = harness.store
        let (anna, ben) = (try await harness.user("anna"), try await harness.user("ben"))
        let concept = try await exported(store, anna)
        func used(_ store: RegistryStore) async throws -> Int? {
            try await store.usage(of: ben).first { $0.name == .bytes }?.used
        }
        func stage() async throws {
            _ = try await store.beginImport(by: ben)
            try await store.stageImport([concept], first: 0, by: ben)
            let bytes = try await store.artifact(concept.versions[0].digest, of: anna.userID)
            let artifact = try store.examined(bytes, digest: concept.versions[0].digest, isPhoto: false)
            try await store.stageImport([artifact], by: ben)
        }
        try await stage()
        #expect(try await used(store) == 10)
        // Whatever else ends an artifact of the user leaves these alone.
        _ = try await store.commit(enrollment("pot", "pot"), by: ben)
        _ = try await store.eraseConcept("pot", by: ben)
        #expect(try await used(store) == 10)
        await expectError(.invalidArgument, "lacks an artifact") { try await store.commitImport(concept, by: ben) }
        try await store.endImport(of: ben)
        #expect(try await used(store) == 0)
        #expect(try await store.stagedImport(at: 0, by: ben) == nil)
        try await stage()
        try store.close()
        store = try RegistryStore(harness.configuration)
        #expect(try await used(store) == 0)
        #expect(try await store.concepts(of: ben.userID).concepts.isEmpty)
        try store.close()
    }

    @Test func whatContradictsItselfIsRefused() throws {
        let digests = (0..<4).map { String(repeating: "\($0)", count: 64) }
        func version(
            _ number: Int, _ digest: String, kept: [UserExport.Photo] = [], training: String = "{}"
        ) -> UserExport.Version {
            UserExport.Version(
                number: number, digest: digest, kind: "object", classNoun: "mug", identifier: "mug", threshold: 0.5,
                modelDigest: digests[0], photos: 3, training: training, parent: nil, createdAtMs: 1, kept: kept)
        }
        func concept(
            _ versions: [UserExport.Version], current: Int = 1, aliases: [UserExport.Alias] = [], keep: Int? = nil,
            name: String = "mug"
        ) -> UserExport.Concept {
            UserExport.Concept(name: name, current: current, keepLast: keep, versions: versions, aliases: aliases)
        }
        let good = version(1, digests[1])
        let photos = (0..<21).map { _ in UserExport.Photo(name: "p", digest: digests[2]) }
        let bad: [(UserExport.Concept, RegistryError.Code)] = [
            (concept([]), .invalidArgument), (concept([good], current: 2), .invalidArgument),
            (concept([good, version(1, digests[2])]), .invalidArgument),
            (concept([good, version(2, digests[1])]), .invalidArgument),
            (concept([version(0, digests[1])], current: 0), .invalidArgument),
            (concept([version(1, "short")]), .invalidArgument),
            (concept([version(1, digests[1], kept: photos)]), .resourceExhausted),
            (concept([version(1, digests[1], training: String(repeating: " ", count: 70_000))]), .invalidArgument),
            (concept((1...101).map { version($0, digests[1]) }), .resourceExhausted),
            (concept([good], keep: 0), .invalidArgument), (concept([good], name: "a/b"), .invalidArgument),
            (
                concept([good], aliases: [UserExport.Alias(name: "x", version: 2, protected: false)]), .invalidArgument
            ),
            (
                concept(
                    [good],
                    aliases: (0..<65).map { UserExport.Alias(name: "a\($0)", version: 1, protected: false) }),
                .resourceExhausted
            ),
        ]
        for (concept, code) in bad {
            #expect { try CheckedImport(concept, quotas: Quotas()) } throws: { ($0 as? RegistryError)?.code == code }
        }
        #expect(try CheckedImport(concept([good]), quotas: Quotas()).name == "mug")
    }

    /// What an artifact says of itself counts, whatever the file says of it, on every way in.
    @Test func theInspectorHasTheLastWordOnEveryWay() async throws {
        let harness = try Harness()
        let store = harness.store
        let (anna, ben) = (try await harness.user("anna"), try await harness.user("ben"))
        let concept = try await exported(store, anna)
        var artifacts: [String: [UInt8]] = [:]
        for digest in concept.digests { artifacts[digest] = try await store.artifact(digest, of: anna.userID) }
        #expect(try await store.scrub(by: .console).isClean)
        store.inspectArtifacts { bytes in
            guard bytes != Array("artifact 2".utf8) else {
                throw RegistryError(.invalidArgument, "it holds no numbers")
            }
            return ArtifactDescription(
                kind: .person, classNoun: "woman", identifier: "Anna", threshold: 0.6, modelDigest: modelDigest,
                photoCount: 1, trainingRecord: "{}")
        }
        await expectError(.invalidArgument, "no numbers") { try await store.commit(enrollment("cup", "2"), by: ben) }
        await expectError(.invalidArgument, "no numbers") { [artifacts] in
            try await store.taken(concept, artifacts: artifacts, by: ben)
        }
        let made = try await store.commit(enrollment("cup", "4"), by: ben).version
        #expect(made.identifier == "Anna" && made.kind == .person && made.threshold == 0.6)
        let damaged = try await store.scrub(by: .console).damaged
        #expect(damaged.map(\.version) == [2] && damaged.map(\.reason) == ["it holds no numbers"])
        let whole = UserExport.Concept(
            name: "mug", current: 1, keepLast: nil, versions: [concept.versions[0]], aliases: [])
        let taken = try await store.taken(whole, artifacts: artifacts, by: ben).version
        #expect(taken.identifier == "Anna" && taken.classNoun == "woman" && taken.photoCount == 1)
    }
}
