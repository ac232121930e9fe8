import Registry
import Testing

/// Somebody sets the wall clock: by hand, by a time server, by a virtual machine that was asleep. No wait gets longer by
/// it, and nothing ends that had time left.
@Suite(.timeLimit(.minutes(10))) struct ClockTests {
    private static let day: Int64 = 86_400_000
    private static let shifts = [-1_000 * day, -2 * day, -60_000, 60_000, 2 * day, 1_000 * day]

    @Test(arguments: shifts)
    func loginsWaitAsLongAsTheyWould(shift: Int64) async throws {
        let harness = try Harness()
        _ = try await harness.user("anna")
        for _ in 0..<6 { _ = try? await harness.login("anna", password: "wrong horse") }
        let before = await expectError(.resourceExhausted) { try await harness.login("anna") }
        harness.clock.set(by: shift)
        let after = await expectError(.resourceExhausted) { try await harness.login("anna") }
        #expect(after?.retryAfterMs == before?.retryAfterMs)
        harness.clock.advance(1_000)
        _ = try await harness.login("anna")
    }

    @Test(arguments: shifts)
    func aRotatedTokenLivesForItsOverlap(shift: Int64) async throws {
        let harness = try Harness()
        _ = try await harness.user("anna")
        let old = try await harness.login("anna")
        _ = try await harness.store.rotateToken(
            id: old.tokenID, overlapMs: 60_000, by: try await harness.store.authenticate(old.token))
        harness.clock.set(by: shift)
        harness.clock.advance(59_999)
        let credential = try #require(try await harness.store.authenticate(old.token).credential)
        #expect(try await harness.store.live(among: [credential]).count == 1)
        harness.clock.advance(1)
        await expectError(.unauthenticated) { try await harness.store.authenticate(old.token) }
        #expect(try await harness.store.live(among: [credential]).isEmpty)
        _ = try await harness.store.maintain()
        await expectError(.unauthenticated) { try await harness.store.authenticate(old.token) }
    }

    /// A clock that is a year ahead for an hour destroyed every deleted concept and every token.
    @Test func whatIsDestroyedForGoodWaitsForTimeThatHasPassed() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let token = try await harness.login("anna").token
        _ = try await harness.store.commit(enrollment("mug", "1"), by: anna)
        try await harness.store.deleteConcept("mug", by: anna)
        harness.clock.set(by: 365 * Self.day)
        for _ in 0..<30 {
            harness.clock.advance(120_000)
            let report = try await harness.store.maintain()
            #expect(report.prunedTokens == 0 && report.purgedConcepts == 0)
        }
        harness.clock.set(by: -365 * Self.day)
        _ = try await harness.store.authenticate(token)
        _ = try await harness.store.undeleteConcept("mug", by: anna)
        // A clock that stays where it was set is right after a day.
        try await harness.store.deleteConcept("mug", by: anna)
        harness.clock.set(by: 365 * Self.day)
        _ = try await harness.store.maintain()
        harness.clock.advance(Self.day)
        #expect(try await harness.store.maintain().purgedConcepts == 1)
    }

    /// Training while the clock was set forward took all the minutes of the day; set back, the day had four.
    @Test(arguments: shifts)
    func minutesOfTrainingAreThoseThatPassed(shift: Int64) async throws {
        let harness = try Harness { $0.quotas.enrollmentMinutesPerDay = 10 }
        let anna = try await harness.user("anna")
        func minutes() async throws -> Int? {
            try await harness.store.usage(of: anna).first { $0.name == .enrollmentMinutesPerDay }?.used
        }
        let job = try await harness.store.createJob(concept: "mug", request: [1], by: anna)
        _ = try await harness.store.startJob(job.id)
        harness.clock.advance(180_000)
        harness.clock.set(by: shift)
        #expect(try await minutes() ?? 0 <= 3)
        let failed = try await harness.store.failJob(job.id, code: "x", message: "y")
        #expect(failed.spentMs == 180_000)
    }

    @Test func aDayOfQuotaIsNeverLongerThanADay() async throws {
        let harness = try Harness { $0.quotas.enrollmentMinutesPerDay = 1 }
        let anna = try await harness.user("anna")
        let job = try await harness.store.createJob(concept: "mug", request: [1], by: anna)
        _ = try await harness.store.startJob(job.id)
        harness.clock.advance(120_000)
        _ = try await harness.store.failJob(job.id, code: "x", message: "y")
        harness.clock.set(by: -100 * Self.day)
        _ = try await harness.store.maintain()
        let first = await expectError(.resourceExhausted) {
            try await harness.store.checkRoomForEnrollment(name: "mug", by: anna)
        }
        #expect(first?.retryAfterMs.map { $0 <= Self.day } ?? false, "\(String(describing: first))")
        harness.clock.advance(Self.day + 1)
        try await harness.store.checkRoomForEnrollment(name: "mug", by: anna)
    }
}
