import GRDB
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct DeletionTests {
    @Test func deletedConceptIsHiddenAndComesBack() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let store = harness.store
        for number in 1...2 { _ = try await store.commit(enrollment("Mug", "\(number)"), by: anna) }
        let before = try await store.concept("mug", of: anna.userID)
        #expect(try await store.deleteConcept("MUG", by: anna) == 3)
        #expect(try await store.conceptSet(of: anna.userID).items == [])
        await expectError(.notFound) { try await store.concept("mug", of: anna.userID) }
        await expectError(.notFound) { try await store.deleteConcept("mug", by: anna) }
        #expect(try await store.undeleteConcept("mug", by: anna) == 4)
        #expect(try await store.concept("mug", of: anna.userID).concept == before.concept)
        #expect(try await store.concept("mug", of: anna.userID).history == before.history)
        #expect(try await store.conceptSet(of: anna.userID).revision == 4)
    }

    @Test func windowEndsAndEverythingGoes() async throws {
        let harness = try Harness { $0.undeleteWindowMs = 1_000 }
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("mug", "only here"), by: anna)
        _ = try await harness.store.commit(enrollment("mug", "shared"), by: anna)
        let kept = try await harness.store.commit(enrollment("cup", "shared"), by: anna)
        try await harness.store.deleteConcept("mug", by: anna)
        harness.clock.advance(999)
        #expect(try await harness.store.maintain().purgedConcepts == 0)
        harness.clock.advance(1)
        await expectError(.notFound) { try await harness.store.undeleteConcept("mug", by: anna) }
        #expect(try await harness.store.maintain().purgedConcepts == 1)
        try harness.outside { (db: Database) throws -> Void in
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM version") == 1)
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM move") == 1)
            #expect(try String.fetchAll(db, sql: "SELECT digest FROM artifact") == [kept.version.digest])
        }
        #expect(try await harness.store.artifact(kept.version.digest, of: anna.userID) == Array("artifact shared".utf8))
    }

    @Test func nameIsFreeAfterDeletionAndTakenForUndelete() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("mug", "old"), by: anna)
        try await harness.store.deleteConcept("mug", by: anna)
        let new = try await harness.store.commit(enrollment("mug", "new"), by: anna)
        #expect(new.version.number == 1)
        await expectError(.alreadyExists) { try await harness.store.undeleteConcept("mug", by: anna) }
        try await harness.store.deleteConcept("mug", by: anna)
        // The one deleted last.
        _ = try await harness.store.undeleteConcept("mug", by: anna)
        #expect(try await harness.store.concept("mug", of: anna.userID).current.digest == new.version.digest)
    }
}
