import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct ConsentTests {
    /// Junk that anybody shared once made every answer of its receiver fail; now nothing is used that was not accepted.
    @Test func nothingIsUsedBeforeItIsAccepted() async throws {
        let harness = try Harness()
        let store = harness.store
        let (anna, ben) = (try await harness.user("anna"), try await harness.user("ben"))
        _ = try await store.commit(enrollment("mug", "1"), by: anna)
        let before = try await store.conceptSet(of: ben.userID)
        #expect(try await store.share("mug", with: "ben", by: anna).share?.state == .offered)
        #expect(try await store.conceptSet(of: ben.userID) == before)
        #expect(try await store.shares(of: ben.userID).map(\.state) == [.offered])
        #expect(try await store.acceptShare("MUG", of: "anna", by: ben).state == .accepted)
        #expect(try await store.conceptSet(of: ben.userID).items.map(\.concept) == ["anna/mug"])
        #expect(try await store.shares(of: anna.userID).map(\.state) == [.accepted])
        #expect(try await store.declineShare("mug", of: "anna", by: ben).state == .declined)
        #expect(try await store.conceptSet(of: ben.userID).digest == before.digest)
        // The owner does not learn it, and sharing it again does not ask again.
        #expect(try await store.shares(of: anna.userID).map(\.state) == [.offered])
        #expect(try await store.share("mug", with: "ben", by: anna).share?.state == .offered)
        #expect(try await store.shares(of: ben.userID).map(\.state) == [.declined])
        _ = try await store.acceptShare("mug", of: "anna", by: ben)
        #expect(try await store.conceptSet(of: ben.userID).items.count == 1)
        await expectError(.notFound, "offers you no concept") {
            try await store.acceptShare("cup", of: "anna", by: ben)
        }
        await expectError(.notFound) { try await store.acceptShare("mug", of: "nobody", by: ben) }
        await expectError(.notFound) { try await store.declineShare("mug", of: "ben", by: anna) }
        guard case .intact = try await store.verifyAudit() else {
            Issue.record("the audit chain is broken")
            return
        }
    }

    /// Whatever the receiver is, the owner is told the same, and sees the same in lists, events and revisions.
    @Test func sharingTellsNothingOfTheReceiver() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        for name in ["ben", "sue", "blocker"] { _ = try await harness.user(name) }
        _ = try await harness.user("iris", role: .auditor)
        let blocker = try await store.authenticate(try await harness.login("blocker").token)
        try await store.blockSharer("anna", by: blocker)
        try await store.setSuspended(true, name: "sue", by: .console)
        _ = try await store.commit(enrollment("mug", "1"), by: anna)
        for (step, name) in ["ben", "nobody", "sue", "blocker", "iris"].enumerated() {
            let change = try await store.share("mug", with: name, by: anna)
            #expect(change.changed && change.share?.state == .offered && change.share?.user == name)
            #expect(change.revision == UInt64(2 + step))
            #expect(try await !store.share("mug", with: name, by: anna).changed)
        }
        let listed = try await store.shares(of: anna.userID)
        #expect(listed.count == 5 && listed.allSatisfy { $0.state == .offered })
        #expect(try await store.shares(of: blocker.userID) == [])
        // Coming back later is no way to have been reached.
        try await store.setSuspended(false, name: "sue", by: .console)
        let sue = try await store.authenticate(try await harness.login("sue").token)
        #expect(try await store.shares(of: sue.userID) == [])
        let nobody = try await harness.user("nobody")
        #expect(try await store.shares(of: nobody.userID) == [])
        let revision = try await store.conceptSet(of: anna.userID).revision
        // Sharing once more tries again, and tells the owner nothing.
        for name in ["nobody", "sue"] { #expect(try await !store.share("mug", with: name, by: anna).changed) }
        #expect(try await store.shares(of: nobody.userID).map(\.state) == [.offered])
        #expect(try await store.shares(of: sue.userID).map(\.state) == [.offered])
        #expect(try await store.concepts(of: anna.userID).revision == revision)
        for name in ["ben", "nobody", "sue", "blocker", "iris"] { try await store.unshare("mug", with: name, by: anna) }
        #expect(try await store.shares(of: anna.userID) == [])
    }

    @Test func aBlockTakesAllOfAnOwnerAway() async throws {
        let harness = try Harness { $0.quotas.blockedSharers = 2 }
        let store = harness.store
        let (anna, ben) = (try await harness.user("anna"), try await harness.user("ben"))
        for name in ["mug", "cup", "pot"] { _ = try await store.commit(enrollment(name, name), by: anna) }
        for name in ["mug", "cup"] { try await store.share(name, with: "ben", by: anna) }
        try await store.acceptShare("mug", of: "anna", by: ben)
        #expect(try await store.blockSharer("anna", by: ben) == ["anna"])
        #expect(try await store.conceptSet(of: ben.userID).items == [])
        #expect(try await store.share("pot", with: "ben", by: anna).share?.state == .offered)
        #expect(try await store.shares(of: ben.userID).map(\.concept) == ["cup", "mug"])
        #expect(try await store.shares(of: ben.userID).allSatisfy { $0.state == .declined })
        await expectError(.failedPrecondition, "unblock anna") {
            try await store.acceptShare("mug", of: "anna", by: ben)
        }
        #expect(try await store.blockSharer("nobody-yet", by: ben) == ["anna", "nobody-yet"])
        await expectError(.resourceExhausted, "2 of 2") { try await store.blockSharer("third", by: ben) }
        await expectError(.invalidArgument) { try await store.blockSharer("ben", by: ben) }
        #expect(try await store.unblockSharer("anna", by: ben) == ["nobody-yet"])
        await expectError(.notFound) { try await store.unblockSharer("anna", by: ben) }
        // What was declined stays so; what did not arrive is offered once it is shared again.
        #expect(try await store.conceptSet(of: ben.userID).items == [])
        try await store.share("pot", with: "ben", by: anna)
        #expect(try await store.shares(of: ben.userID).map(\.state) == [.declined, .declined, .offered])
        try await store.acceptShare("mug", of: "anna", by: ben)
        #expect(try await store.conceptSet(of: ben.userID).items.map(\.concept) == ["anna/mug"])
    }

    @Test func sharesAreLimitedOnBothSides() async throws {
        let harness = try Harness {
            $0.quotas.sharesPerUser = 4
            $0.quotas.acceptedShares = 2
            $0.quotas.waitingOffers = 3
            $0.quotas.waitingOffersOfOneOwner = 2
        }
        let store = harness.store
        let (anna, eve) = (try await harness.user("anna"), try await harness.user("eve"))
        let ben = try await harness.user("ben")
        for name in ["a", "b", "c"] {
            for owner in [anna, eve] {
                _ = try await store.commit(enrollment(name, name + owner.name), by: owner)
                #expect(try await store.share(name, with: "ben", by: owner).share?.state == .offered)
            }
        }
        // Two of each owner, three in all; the others arrived nowhere.
        #expect(try await store.shares(of: ben.userID).count == 3)
        #expect(try await store.shares(of: anna.userID).count == 3)
        try await store.share("a", with: "x", by: anna)
        await expectError(.resourceExhausted, "4 of 4") { try await store.share("b", with: "x", by: anna) }
        let offered = try await store.shares(of: ben.userID)
        for share in offered.prefix(2) { try await store.acceptShare(share.concept, of: share.owner, by: ben) }
        await expectError(.resourceExhausted, "2 of 2") {
            try await store.acceptShare(offered[2].concept, of: offered[2].owner, by: ben)
        }
        #expect(try await store.conceptSet(of: ben.userID).items.count == 2)
    }

    @Test func anAnswerNeedsTheRightToEnroll() async throws {
        let harness = try Harness()
        let store = harness.store
        _ = try await harness.user("ben")
        let token = try await store.login(
            name: "ben", password: Harness.password, scopes: [.read, .query], address: "192.0.2.1")
        let reader = try await store.authenticate(token.token)
        await expectError(.permissionDenied) { try await store.acceptShare("mug", of: "anna", by: reader) }
        await expectError(.permissionDenied) { try await store.declineShare("mug", of: "anna", by: reader) }
        await expectError(.permissionDenied) { try await store.blockSharer("anna", by: reader) }
        await expectError(.permissionDenied) { try await store.unblockSharer("anna", by: reader) }
    }
}
