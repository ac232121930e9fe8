import Foundations
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct WatchTests {
    @Test func everyChangeIsToldOnceAndInOrder() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let store = harness.store
        for number in 1...2 { _ = try await store.commit(enrollment("mug", "\(number)"), by: anna) }
        _ = try await store.rollback("mug", by: anna)
        _ = try await store.setAlias("best", of: "mug", to: .number(2), by: anna)
        _ = try await store.renameConcept("mug", to: "cup", by: anna)
        _ = try await store.deleteConcept("cup", by: anna)
        let page = try await store.changes(of: anna.userID, after: 0)
        #expect(page.events.map(\.revision) == [1, 2, 3, 4, 5, 6] && page.revision == 6)
        #expect(page.events.map(\.kind) == [.enroll, .enroll, .rollback, .alias, .rename, .delete])
        #expect(page.events.map(\.to) == [1, 2, 1, 2, nil, nil])
        #expect(page.events.map(\.pointer) == ["current", "current", "current", "best", nil, nil])
        #expect(Set(page.events.map(\.concept)) == ["cup"] && Set(page.events.map(\.conceptID)).count == 1)
        // Resumed at any revision, the rest follows without a gap.
        for revision in 0...6 as ClosedRange<UInt64> {
            let rest = try await store.changes(of: anna.userID, after: revision)
            #expect(rest.events == Array(page.events.dropFirst(Int(revision))))
        }
        #expect(try await store.changes(of: anna.userID, after: 1, limit: 2).events.map(\.revision) == [2, 3])
    }

    @Test func compactedAndUnknownRevisionsAreNamed() async throws {
        let harness = try Harness { $0.eventsPerUser = 4 }
        let anna = try await harness.user("anna")
        for number in 1...10 { _ = try await harness.store.commit(enrollment("mug", "\(number)"), by: anna) }
        #expect(try await harness.store.changes(of: anna.userID, after: 0).events.count == 10)
        _ = try await harness.store.maintain()
        await expectError(.compacted, "COMPACTED") { try await harness.store.changes(of: anna.userID, after: 5) }
        #expect(try await harness.store.changes(of: anna.userID, after: 6).events.map(\.revision) == [7, 8, 9, 10])
        await expectError(.compacted, "now 10") { try await harness.store.changes(of: anna.userID, after: 11) }
        await expectError(.compacted) { try await harness.store.changes(of: anna.userID, after: .max) }
        #expect(try await harness.store.conceptSet(of: anna.userID).items.count == 1)
    }

    /// Watchers that come and go see together what one that stays sees, and nobody else's changes.
    @Test(arguments: [21, 22] as [UInt64])
    func watchersMissNothing(seed: UInt64) async throws {
        print("seed \(seed)")
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let ben = try await harness.user("ben")
        let store = harness.store
        try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for watcher in 0..<3 as Range<UInt64> {
                group.addTask {
                    var random = SplitMix64(seed: seed &* 10 &+ watcher)
                    var seen: [UInt64] = []
                    while seen.count < 60 {
                        let limit = Int.random(in: 1...5, using: &random)
                        // Now and then a watcher is killed while it waits; it resumes from what it has seen.
                        let next = Task { [after = seen.last ?? 0] in
                            try await store.nextChanges(of: anna.userID, after: after, limit: limit)
                        }
                        if Int.random(in: 0..<4, using: &random) == 0 { next.cancel() }
                        do { seen += try await next.value.events.map(\.revision) } catch is CancellationError {}
                    }
                    return seen
                }
            }
            group.addTask {
                for number in 0..<60 {
                    _ = try await store.commit(enrollment("mug", "\(number)"), by: anna)
                    _ = try await store.commit(enrollment("mug", "\(number)"), by: ben)
                }
                return Array(1...60)
            }
            for try await seen in group { #expect(seen == Array(1...60), "seed \(seed)") }
        }
    }

    @Test func closingEndsTheWait() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let waiting = Task { try await harness.store.nextChanges(of: anna.userID, after: 0) }
        try harness.store.close()
        await #expect(throws: (any Error).self) { try await waiting.value }
    }
}
