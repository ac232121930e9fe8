import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct UserLimitTests {
    @Test func limitsOfOneUserWinOverTheDefaults() async throws {
        let harness = try Harness { $0.quotas.conceptsPerUser = 1 }
        let store = harness.store
        let root = Actor.principal(try await harness.user("root", role: .admin))
        let anna = try await harness.user("anna")
        let ben = try await harness.user("ben")
        for user in [anna, ben] { _ = try await store.commit(enrollment("a", "1"), by: user) }
        await expectError(.resourceExhausted, "1 of 1") { try await store.commit(enrollment("b", "2"), by: anna) }
        let use = try await store.setQuotas([.concepts: 2, .streams: 3, .requestsPerMinute: 5], of: "anna", by: root)
        #expect(use.first { $0.name == .concepts } == use[0] && use[0].limit == 2 && use[0].used == 1 && use[0].isOwn)
        _ = try await store.commit(enrollment("b", "2"), by: anna)
        await expectError(.resourceExhausted, "2 of 2") { try await store.commit(enrollment("c", "3"), by: anna) }
        await expectError(.resourceExhausted, "1 of 1") { try await store.commit(enrollment("b", "2"), by: ben) }
        let fresh = try await store.authenticate(try await harness.login("anna").token)
        #expect(fresh.streams == 3 && fresh.requestsPerMinute == 5)
        // Below what is used: nothing goes, nothing is added.
        _ = try await store.setQuotas([.bytes: 1, .streams: nil], of: "anna", by: root)
        await expectError(.resourceExhausted, "of 1 bytes") { try await store.commit(enrollment("a", "9"), by: anna) }
        #expect(try await store.usage(of: anna).first { $0.name == .streams }?.isOwn == false)
        await expectError(.invalidArgument) { try await store.setQuotas([.bytes: -1], of: "anna", by: root) }
        await expectError(.permissionDenied) {
            try await store.setQuotas([.bytes: 1], of: "anna", by: .principal(ben))
        }
        await expectError(.permissionDenied) { try await store.usage(ofUser: "anna", by: .principal(ben)) }
    }

    @Test func aDaysTrainingIsLimited() async throws {
        let harness = try Harness { $0.quotas.enrollmentMinutesPerDay = 10 }
        let store = harness.store
        let anna = try await harness.user("anna")
        let job = try await store.createJob(concept: "mug", request: [], by: anna)
        _ = try await store.startJob(job.id)
        try await store.checkRoomForEnrollment(name: "rex", by: anna)
        harness.clock.advance(10 * 60_000)
        #expect(try await store.usage(of: anna).first { $0.name == .enrollmentMinutesPerDay }?.used == 10)
        _ = try await store.failJob(job.id, code: "x", message: "x")
        let error = await expectError(.resourceExhausted, "10 of 10 enrollment minutes") {
            try await store.checkRoomForEnrollment(name: "rex", by: anna)
        }
        let wait: Int64 = 86_400_000 - 10 * 60_000
        #expect(error?.retryAfterMs == wait)
        harness.clock.advance(86_400_000)
        try await store.checkRoomForEnrollment(name: "rex", by: anna)
    }

    @Test func certificatesStandForOneUser() async throws {
        let harness = try Harness()
        let store = harness.store
        let root = Actor.principal(try await harness.user("root", role: .admin))
        let anna = try await harness.user("anna")
        _ = try await harness.user("ben")
        try await store.addIdentity("CN=laptop", to: "anna", by: root)
        try await store.addIdentity("phone.example.org", to: "ben", by: root)
        await expectError(.alreadyExists) { try await store.addIdentity("CN=laptop", to: "ben", by: root) }
        await expectError(.permissionDenied) {
            try await store.addIdentity("CN=x", to: "anna", by: .principal(anna))
        }
        let found = try await store.authenticate(certificateNames: ["CN=laptop", "laptop.local"])
        #expect(found.name == "anna" && found.tokenID == 0 && found.scopes == [.read, .query, .enroll])
        #expect(try await store.commit(enrollment("mug", "1"), by: found).created)
        await expectError(.unauthenticated) { try await store.authenticate(certificateNames: ["CN=other"]) }
        // A certificate that would be two users is nobody.
        await expectError(.unauthenticated) {
            try await store.authenticate(certificateNames: ["CN=laptop", "phone.example.org"])
        }
        try await store.setSuspended(true, name: "anna", by: root)
        await expectError(.unauthenticated) { try await store.authenticate(certificateNames: ["CN=laptop"]) }
        await expectError(.unauthenticated) { try await store.commit(enrollment("mug", "2"), by: found) }
        try await store.removeIdentity("CN=laptop", from: "anna", by: root)
        await expectError(.notFound) { try await store.removeIdentity("CN=laptop", from: "anna", by: root) }
        #expect(try await store.identities(of: "ben", by: root) == ["phone.example.org"])
    }
}
