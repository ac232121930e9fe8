import Foundations
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct ModelTests {
    /// Random calls one after the other: each gives what the model gives, and so does the whole state at the end.
    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func randomCallsAgreeWithTheModel(seed: UInt64) async throws {
        print("seed \(seed)")
        let harness = try Harness()
        let anna = try await harness.user("anna")
        var random = SplitMix64(seed: seed)
        var model = PureModel()
        for step in 0..<300 {
            // The clock decides which deleted concept was the last.
            harness.clock.advance(1)
            // An erasure is a transaction for each concept of the name: here, where nobody comes in between.
            let operation =
                step % 37 == 36
                ? .erase(["mug", "rex", "Ann"][Int.random(in: 0..<3, using: &random)]) : Operation.random(&random)
            let expected = Result { try operation.run(on: &model) }
            let found: Result<Int, any Error>
            do { found = .success(try await operation.run(on: harness.store, anna).value) } catch {
                found = .failure(error)
            }
            switch (expected, found) {
            case (.success(let a), .success(let b)): try #require(a == b, "seed \(seed) step \(step): \(operation)")
            case (.failure(let a), .failure(let b)):
                let code = (b as? RegistryError)?.code.rawValue ?? "\(b)"
                try #require("\(a)" == code, "seed \(seed) step \(step): \(operation)")
            default: try #require(Bool(false), "seed \(seed) step \(step): \(operation): \(expected) but \(found)")
            }
        }
        try await compare(model, harness.store, anna)
    }

    /// Several tasks at once. The user's revision orders the calls that changed something: replayed in that order the
    /// model must accept every one and end in the same state.
    @Test(arguments: [11, 12, 13] as [UInt64])
    func parallelCallsAreLinearisable(seed: UInt64) async throws {
        print("seed \(seed)")
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let changes = await withTaskGroup(of: [(UInt64, Operation, Int)].self) { group in
            for task in 0..<6 {
                group.addTask {
                    var random = SplitMix64(seed: seed &* 1_000 &+ UInt64(task))
                    var changes: [(UInt64, Operation, Int)] = []
                    for _ in 0..<60 {
                        harness.clock.advance(1)
                        let operation = Operation.random(&random)
                        do {
                            let outcome = try await operation.run(on: harness.store, anna)
                            if let revision = outcome.revision { changes.append((revision, operation, outcome.value)) }
                        } catch {
                            guard let error = error as? RegistryError,
                                [.notFound, .failedPrecondition, .alreadyExists].contains(error.code)
                            else {
                                Issue.record("seed \(seed): \(operation): \(error)")
                                continue
                            }
                        }
                    }
                    return changes
                }
            }
            return await group.reduce(into: []) { $0 += $1 }.sorted { $0.0 < $1.0 }
        }
        #expect(changes.count > 50)
        #expect(changes.map(\.0) == Array(1...UInt64(changes.count)), "a revision is missing or was given twice")
        var model = PureModel()
        for (revision, operation, value) in changes {
            try #require(try operation.run(on: &model) == value, "seed \(seed) revision \(revision): \(operation)")
        }
        try await compare(model, harness.store, anna)
        // A watcher that joins late sees every change once and in order.
        let events = try await harness.store.changes(of: anna.userID, after: 0, limit: 1_000).events
        #expect(events.map(\.revision) == changes.map(\.0))
        guard case .intact = try await harness.store.verifyAudit() else {
            Issue.record("seed \(seed): the audit chain is broken")
            return
        }
    }

    /// Readers beside a writer see whole states only: the digest belongs to the revision.
    @Test func snapshotsAreWhole() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("a", "1"), by: anna)
        _ = try await harness.store.commit(enrollment("a", "2"), by: anna)
        try await withThrowingTaskGroup(of: [UInt64: String].self) { group in
            group.addTask {
                for number in 0..<100 {
                    if number.isMultiple(of: 2) {
                        _ = try await harness.store.rollback("a", by: anna)
                    } else {
                        _ = try await harness.store.commit(enrollment("a", "2"), by: anna)
                    }
                }
                return [:]
            }
            for _ in 0..<3 {
                group.addTask {
                    var seen: [UInt64: String] = [:]
                    for _ in 0..<200 {
                        let set = try await harness.store.conceptSet(of: anna.userID)
                        #expect(set.items.first?.number == (set.revision.isMultiple(of: 2) ? 2 : 1))
                        #expect(seen.updateValue(set.digest, forKey: set.revision).map { $0 == set.digest } ?? true)
                    }
                    return seen
                }
            }
            var all: [UInt64: String] = [:]
            for try await seen in group { all.merge(seen) { a, b in a == b ? a : "differs" } }
            #expect(!all.values.contains("differs"))
        }
    }

    func compare(_ model: PureModel, _ store: RegistryStore, _ owner: Principal) async throws {
        let page = try await store.concepts(of: owner.userID)
        #expect(page.revision == UInt64(model.revision))
        #expect(Set(page.concepts.map(\.name)) == Set(model.concepts.keys))
        for (name, concept) in model.concepts {
            let found = try await store.concept(name, of: owner.userID)
            #expect(found.concept.currentVersion == concept.current)
            #expect(found.concept.keepLast == concept.keepLast)
            #expect(
                found.aliases.map { PureModel.Alias(version: $0.version, isProtected: $0.isProtected) }
                    == concept.aliases.sorted { $0.key < $1.key }.map(\.value))
            let versions = try await store.versions(of: name, userID: owner.userID)
            #expect(versions.map(\.number) == concept.contents.keys.sorted(by: >))
            for version in versions {
                let bytes = try await store.artifact(version.digest, of: owner.userID)
                #expect(bytes == Array("artifact \(concept.contents[version.number] ?? "?")".utf8))
            }
        }
    }
}
