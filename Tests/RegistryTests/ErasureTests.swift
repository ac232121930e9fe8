import Foundation
import GRDB
import Registry
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct ErasureTests {
    private func remnants(_ harness: Harness, _ words: [String]) async throws -> [String] {
        var found: [String] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: harness.directory) {
            let bytes = try await readAll(harness.directory + "/" + file)
            found += words.filter { contains(bytes, $0) }.map { "\($0) in \(file)" }
        }
        return found
    }

    @Test func anErasedConceptLeavesNoRemnant() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let words = ["Grandmother", "her likeness", "sharper light", "sunday"]
        for number in 1...30 {
            var commit = enrollment("Grandmother", "\(number)")
            commit.identifier = "her likeness"
            commit.reason = "sharper light"
            _ = try await store.commit(commit, by: anna)
        }
        let kept = try await store.commit(enrollment("mug", "7"), by: anna)
        _ = try await store.setAlias("sunday", of: "grandmother", to: .number(3), by: anna)
        _ = try await store.deleteConcept("grandmother", by: anna)
        _ = try await store.commit(enrollment("Grandmother", "anew"), by: anna)
        #expect(try await !remnants(harness, words).isEmpty)
        let erasures = try await store.eraseConcept("grandmother", by: anna)
        // The deleted one of that name and the one that lives.
        #expect(erasures.count == 2 && erasures.map(\.receipt.versions) == [30, 1])
        // "7" is in use by the mug too.
        #expect(erasures[0].digests.count == 29 && !erasures[0].digests.contains(kept.version.digest))
        #expect(erasures.allSatisfy { $0.receipt.erasedAtMs == harness.clock.now && $0.receipt.kind == .concept })
        #expect(try await remnants(harness, words) == [])
        await expectError(.notFound) { try await store.undeleteConcept("grandmother", by: anna) }
        await expectError(.notFound) { try await store.eraseConcept("grandmother", by: anna) }
        #expect(try await store.conceptSet(of: anna.userID).items.map(\.concept) == ["mug"])
        #expect(try await store.artifact(kept.version.digest, of: anna.userID) == Array("artifact 7".utf8))
        #expect(try await store.erasures(by: .principal(anna)).count == 2)
        let events = try await store.changes(of: anna.userID, after: 0).events
        #expect(events.suffix(2).map(\.kind) == [.erase, .erase])
        #expect(Set(events.map(\.concept)) == ["mug", ""])
        guard case .intact = try await store.verifyAudit() else {
            Issue.record("the audit chain is broken")
            return
        }
    }

    @Test func anErasedUserLeavesNoRemnant() async throws {
        let harness = try Harness()
        let store = harness.store
        let root = Actor.principal(try await harness.user("root", role: .admin))
        let ann = try await harness.user("annabella")
        let ben = try await harness.user("ben")
        _ = try await store.createToken(for: ann, label: "her telephone")
        for number in 1...10 { _ = try await store.commit(enrollment("Grandmother", "\(number)"), by: ann) }
        _ = try await store.commit(enrollment("mug", "1"), by: ben)
        await expectError(.permissionDenied) { try await store.eraseUser("annabella", by: .principal(ben)) }
        await expectError(.failedPrecondition, "last administrator") { try await store.eraseUser("root", by: root) }
        let erasure = try await store.eraseUser("annabella", by: root)
        #expect(erasure.receipt.versions == 10 && erasure.digests.count == 10 && erasure.receipt.erasedAtMs != nil)
        #expect(try await remnants(harness, ["annabella", "Grandmother", "her telephone"]) == [])
        await expectError(.unauthenticated) { try await store.commit(enrollment("x", "1"), by: ann) }
        await expectError(.unauthenticated) { try await harness.login("annabella") }
        await expectError(.notFound) { try await store.eraseUser("annabella", by: root) }
        // Her rows of the log are still there, and nobody's.
        let page = try await store.audit(limit: 1_000, by: root)
        let erased = try #require(page.records.first { $0.action == "user.erase" })
        #expect(page.records.filter { $0.actor == erased.target }.count == 12)
        #expect(page.names[erased.target] == nil && page.names[erased.actor] == "root")
        #expect(
            try await store.artifact(store.versions(of: "mug", userID: ben.userID)[0].digest, of: ben.userID).count > 0)
        // Another of that name is another.
        let anew = try await harness.user("annabella")
        #expect(anew.userID != ann.userID)
        #expect(try await store.conceptSet(of: anew.userID).items == [])
    }

    /// A reader that holds old pages keeps an erasure pending; it is finished when the reader has gone.
    @Test func anErasureIsPendingWhileItsPagesAreRead() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("Grandmother", "1"), by: anna)
        var loose = Configuration()
        loose.allowsUnsafeTransactions = true
        let reader = try DatabaseQueue(path: harness.databasePath, configuration: loose)
        try await reader.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN")
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM concept")
        }
        let erasure = try #require(try await harness.store.eraseConcept("grandmother", by: anna).first)
        #expect(erasure.receipt.erasedAtMs == nil)
        try await reader.writeWithoutTransaction { db in try db.execute(sql: "COMMIT") }
        try reader.close()
        harness.clock.advance(5_000)
        _ = try await harness.store.maintain()
        let receipts = try await harness.store.erasures(by: .principal(anna))
        #expect(receipts.first?.erasedAtMs == harness.clock.now)
        #expect(try await remnants(harness, ["Grandmother"]) == [])
    }

    /// An old backup knows nothing of an erasure; the journal beside it does.
    @Test func erasuresAreDoneAgainAfterARestore() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let ben = try await harness.user("benedict")
        _ = try await store.commit(enrollment("Grandmother", "1"), by: anna)
        _ = try await store.commit(enrollment("mug", "2"), by: anna)
        _ = try await store.commit(enrollment("cup", "3"), by: ben)
        try store.close()
        let backup = try await readAll(harness.databasePath)
        let later = try RegistryStore(harness.configuration)
        _ = try await later.eraseConcept("grandmother", by: anna)
        _ = try await later.eraseUser("benedict", by: .console)
        try later.close()
        try backup.write(to: URL(filePath: harness.databasePath))
        let restored = try RegistryStore(harness.configuration)
        #expect(try await restored.conceptSet(of: anna.userID).items.map(\.concept) == ["mug"])
        #expect(try await restored.users(by: .console).map(\.name) == ["anna"])
        let receipts = try await restored.erasures(by: .console)
        #expect(receipts.count == 2 && receipts.allSatisfy { $0.erasedAtMs != nil })
        #expect(try await remnants(harness, ["Grandmother", "benedict"]) == [])
        // Whoever comes after the restore and gets an old number is not who was erased.
        let eve = try await restored.createUser(name: "eve", password: Harness.password, role: .user, by: .console)
        try restored.close()
        let again = try RegistryStore(harness.configuration)
        #expect(try await again.users(by: .console).map(\.userID) == [anna.userID, eve.userID])
        try again.close()
    }

    @Test func aJournalCutShortByACrashIsMended() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        for name in ["a", "b"] { _ = try await harness.store.commit(enrollment(name, "1"), by: anna) }
        _ = try await harness.store.eraseConcept("a", by: anna)
        try harness.store.close()
        let path = URL(filePath: harness.directory + "/erasures.journal")
        let whole = try Data(contentsOf: path)
        try (whole + Data("0123456789abc".utf8)).write(to: path)
        let store = try RegistryStore(harness.configuration)
        _ = try await store.eraseConcept("b", by: anna)
        try store.close()
        let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 2 && lines.allSatisfy { $0.split(separator: " ").count == 4 })
        try (Data("nonsense\n".utf8) + whole).write(to: path)
        await expectError(.dataLoss, "line 1") { try RegistryStore(harness.configuration) }
    }

    /// A job that waits would bring the concept back; one that is over holds what was said about it.
    /// A call that was cancelled in the middle used to leave a promise that only the next start kept, and answers went on
    /// with what was to be gone.
    @Test func onceBegunAnErasureIsFinished() async throws {
        for access in 1... {
            let count = Guard()
            let harness = try Harness { $0.willAccess = { count.pass() } }
            let store = harness.store
            let anna = try await harness.user("anna")
            _ = try await store.commit(enrollment("mug", "1"), by: anna)
            let (armed, arming) = AsyncStream.makeStream(of: Void.self)
            let call = Task {
                // The first access may be the one that cancels: it begins when the guard is armed.
                for await _ in armed { break }
                return try await store.eraseConcept("mug", by: anna)
            }
            count.arm(access) { call.cancel() }
            arming.finish()
            let result = await call.result
            let happened = count.hasFired
            count.disarm()
            let erased = try await store.concepts(of: anna.userID).concepts.isEmpty
            let promised = try await store.erasures(by: .console)
            #expect(erased && promised.count == 1 && promised[0].erasedAtMs != nil, "access \(access)")
            #expect(throws: Never.self, "access \(access)") { try result.get() }
            guard happened else { break }
        }
    }

    @Test func enrollmentsOfAnErasedConceptGoWithIt() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let done = try await store.createJob(concept: "mug", request: Array("the words".utf8), by: anna)
        _ = try await store.startJob(done.id)
        _ = try await store.commit(enrollment("mug", "1"), by: anna, job: done.id)
        _ = try await store.renameConcept("mug", to: "Grandmother", by: anna)
        let open = try await store.createJob(concept: "grandmother", request: [], by: anna)
        _ = try await store.startJob(open.id)
        let other = try await store.createJob(concept: "cup", request: [], by: anna)
        let erasure = try #require(try await store.eraseConcept("GRANDMOTHER", by: anna).first)
        #expect(Set(erasure.jobs) == [done.id, open.id])
        #expect(try await store.jobs(of: anna.userID).map(\.id) == [other.id])
        await expectError(.notFound) { try await store.commit(enrollment("grandmother", "2"), by: anna, job: open.id) }
        #expect(try await store.concepts(of: anna.userID).concepts.isEmpty)
        #expect(try await remnants(harness, ["grandmother", "Grandmother"]) == [])
        #expect(try await store.eraseUser("anna", by: .console).jobs == [other.id])
    }

    @Test func protectedConceptsAreNotErased() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("mug", "1"), by: anna)
        _ = try await harness.store.setAlias("best", of: "mug", to: .current, by: anna)
        _ = try await harness.store.protectAlias("best", of: "mug", true, by: anna)
        await expectError(.failedPrecondition, "protected") { try await harness.store.eraseConcept("mug", by: anna) }
        #expect(!FileManager.default.fileExists(atPath: harness.directory + "/erasures.journal"))
    }
}

/// Counts and does something at the n-th time.
private final class Guard: Sendable {
    private let state = Mutex((count: 0, at: Int.max, action: (@Sendable () -> Void)?.none))

    var isArmed: Bool { state.withLock { $0.action != nil } }
    var hasFired: Bool { state.withLock { $0.count >= $0.at } }

    func arm(_ n: Int, _ action: @escaping @Sendable () -> Void) { state.withLock { $0 = (0, n, action) } }
    func disarm() { state.withLock { $0 = (0, .max, nil) } }

    func pass() {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            state.count += 1
            return state.count == state.at ? state.action : nil
        }
        action?()
    }
}
