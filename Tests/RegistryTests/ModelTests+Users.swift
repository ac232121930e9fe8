import Foundations
import Registry
import Testing

extension ModelTests {
    /// Three users with two clients each, all at once: they use equal names and share with one another. Each user's
    /// revisions order that user's calls, whatever the others do; in the end each has the concepts the model says, and
    /// those that others share.
    @Test(arguments: [21, 22, 23, 24] as [UInt64])
    func usersSeeWhatIsTheirsAndWhatIsShared(seed: UInt64) async throws {
        print("seed \(seed)")
        let harness = try Harness()
        let names = ["anna", "ben", "cleo"]
        var owners: [Principal] = []
        for name in names { owners.append(try await harness.user(name)) }
        typealias Change = (owner: String, revision: UInt64, operation: Operation, value: Int)
        let changes = await withTaskGroup(of: [Change].self) { group in
            for (client, owner) in (owners + owners).enumerated() {
                group.addTask {
                    var random = SplitMix64(seed: seed &* 1_000 &+ UInt64(client))
                    var changes: [Change] = []
                    for _ in 0..<60 {
                        harness.clock.advance(1)
                        let operation = Operation.random(&random, others: names.filter { $0 != owner.name })
                        do {
                            let outcome = try await operation.run(on: harness.store, owner)
                            guard let revision = outcome.revision else { continue }
                            changes.append((owner.name, revision, operation, outcome.value))
                        } catch let error as RegistryError
                            where [.notFound, .failedPrecondition, .alreadyExists].contains(error.code)
                        {
                            continue
                        } catch {
                            Issue.record("seed \(seed): \(operation): \(error)")
                        }
                    }
                    return changes
                }
            }
            return await group.reduce(into: []) { $0 += $1 }.sorted { $0.revision < $1.revision }
        }
        var world: [String: PureModel] = [:]
        for owner in owners {
            var model = PureModel()
            let own = changes.filter { $0.owner == owner.name }
            #expect(own.map(\.revision) == Array(1...UInt64(own.count)), "seed \(seed): \(owner.name)")
            for change in own {
                let value = try change.operation.run(on: &model)
                try #require(
                    value == change.value, "seed \(seed) \(owner.name) \(change.revision): \(change.operation)")
            }
            try await compare(model, harness.store, owner)
            world[owner.name] = model
        }
        #expect(changes.count { if case .share = $0.operation { true } else { false } } > 3)
        // What was offered is accepted: a set holds what its user wanted.
        for (name, model) in world {
            for (concept, state) in model.concepts {
                for owner in owners where state.sharedWith.contains(owner.name) {
                    try await harness.store.acceptShare(concept, of: name, by: owner)
                }
            }
        }
        for owner in owners {
            let set = try await harness.store.conceptSet(of: owner.userID)
            var expected: [String: Int] = [:]
            for (name, model) in world {
                for (concept, state) in model.concepts {
                    if name == owner.name { expected[concept] = state.current }
                    if state.sharedWith.contains(owner.name) { expected["\(name)/\(concept)"] = state.current }
                }
            }
            let found = Dictionary(uniqueKeysWithValues: set.items.map { ($0.concept, $0.number) })
            #expect(found == expected, "seed \(seed): \(owner.name)")
            // Each artifact opens for its owner, and for nobody else by the same digest.
            for item in set.items {
                let model = world[item.concept.contains("/") ? String(item.concept.prefix { $0 != "/" }) : owner.name]
                let name = String(item.concept.split(separator: "/").last ?? "")
                let content = model?.concepts[name]?.contents[item.number] ?? "?"
                let bytes = try await harness.store.artifact(item.digest, of: item.ownerID)
                #expect(bytes == Array("artifact \(content)".utf8))
            }
        }
    }
}
