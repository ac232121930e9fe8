import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct SharingTests {
    @Test func aSharedConceptIsUsedAndNotRead() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let ben = try await harness.user("ben")
        let one = try await store.commit(enrollment("mug", "1"), by: anna)
        _ = try await store.commit(enrollment("mug", "ben's own"), by: ben)
        let before = try await store.conceptSet(of: ben.userID)
        #expect(try await store.share("mug", with: "ben", by: anna).share?.user == "ben")
        #expect(try await !store.share("mug", with: "ben", by: anna).changed)
        try await store.acceptShare("mug", of: "anna", by: ben)
        let shared = try await store.conceptSet(of: ben.userID)
        #expect(shared.items.map(\.concept) == ["anna/mug", "mug"] && shared.digest != before.digest)
        #expect(shared.items.map(\.ownerID) == [anna.userID, ben.userID])
        let artifact = try await store.artifact(shared.items[0].digest, of: shared.items[0].ownerID)
        #expect(artifact == Array("artifact 1".utf8))
        // Not by his own name, nor listed, nor changed.
        await expectError(.notFound) { try await store.artifact(one.version.digest, of: ben.userID) }
        #expect(try await store.concepts(of: ben.userID).concepts.map(\.name) == ["mug"])
        await expectError(.invalidArgument) { try await store.deleteConcept("anna/mug", by: ben) }
        // He uses whichever version is current, at once.
        let two = try await store.commit(enrollment("mug", "2"), by: anna)
        #expect(try await store.conceptSet(of: ben.userID).items[0].digest == two.version.digest)
        _ = try await store.rollback("mug", by: anna)
        #expect(try await store.conceptSet(of: ben.userID).items[0].digest == one.version.digest)
        #expect(try await store.shares(of: ben.userID) == store.shares(of: anna.userID))
        try await store.unshare("mug", with: "ben", by: anna)
        #expect(try await store.conceptSet(of: ben.userID).items == before.items)
        await expectError(.notFound) { try await store.unshare("mug", with: "ben", by: anna) }
        await expectError(.invalidArgument) { try await store.share("mug", with: "anna", by: anna) }
        await expectError(.notFound) { try await store.share("cup", with: "ben", by: anna) }
        #expect(
            try await store.changes(of: anna.userID, after: 0).events.map(\.kind).filter { $0 == .share }.count == 1)
    }

    /// Whatever takes a concept away takes it from those it is shared with, without delay.
    @Test(arguments: ["delete", "erase", "suspend", "erase user"])
    func aShareEndsWithWhatIsShared(how: String) async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let ben = try await harness.user("ben")
        _ = try await store.commit(enrollment("mug", "1"), by: anna)
        _ = try await store.share("mug", with: "ben", by: anna)
        try await store.acceptShare("mug", of: "anna", by: ben)
        #expect(try await store.conceptSet(of: ben.userID).items.count == 1)
        switch how {
        case "delete": _ = try await store.deleteConcept("mug", by: anna)
        case "erase": _ = try await store.eraseConcept("mug", by: anna)
        case "suspend": try await store.setSuspended(true, name: "anna", by: .console)
        default: _ = try await store.eraseUser("anna", by: .console)
        }
        #expect(try await store.conceptSet(of: ben.userID).items == [])
        if how == "suspend" {
            try await store.setSuspended(false, name: "anna", by: .console)
            #expect(try await store.conceptSet(of: ben.userID).items.count == 1)
        }
    }
}
