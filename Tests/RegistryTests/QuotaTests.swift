import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct QuotaTests {
    @Test func conceptsPerUser() async throws {
        let harness = try Harness { $0.quotas.conceptsPerUser = 2 }
        let anna = try await harness.user("anna")
        for name in ["a", "b"] { _ = try await harness.store.commit(enrollment(name, "1"), by: anna) }
        await expectError(.resourceExhausted, "2 of 2") {
            try await harness.store.commit(enrollment("c", "1"), by: anna)
        }
        await expectError(.resourceExhausted) { try await harness.store.checkRoomForEnrollment(name: "c", by: anna) }
        try await harness.store.checkRoomForEnrollment(name: "A", by: anna)
        _ = try await harness.store.commit(enrollment("a", "2"), by: anna)
        try await harness.store.deleteConcept("b", by: anna)
        _ = try await harness.store.commit(enrollment("c", "1"), by: anna)
        await expectError(.resourceExhausted) { try await harness.store.undeleteConcept("b", by: anna) }
    }

    @Test func versionsPerConcept() async throws {
        let harness = try Harness { $0.quotas.versionsPerConcept = 2 }
        let anna = try await harness.user("anna")
        for number in 1...2 { _ = try await harness.store.commit(enrollment("a", "\(number)"), by: anna) }
        await expectError(.resourceExhausted, "2 of 2 versions of a") {
            try await harness.store.commit(enrollment("a", "3"), by: anna)
        }
        // No new version, so no quota.
        #expect(try await harness.store.commit(enrollment("a", "1"), by: anna).move?.to == 1)
    }

    @Test func bytesPerUserAndPerArtifact() async throws {
        let harness = try Harness {
            $0.quotas.bytesPerUser = 30
            $0.quotas.bytesPerArtifact = 20
        }
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("a", "1"), by: anna)  // 10 bytes each
        _ = try await harness.store.commit(enrollment("b", "1"), by: anna)  // the same bytes
        _ = try await harness.store.commit(enrollment("b", "2"), by: anna)
        _ = try await harness.store.commit(enrollment("c", "3"), by: anna)
        await expectError(.resourceExhausted, "30 of 30 bytes") {
            try await harness.store.commit(enrollment("c", "4"), by: anna)
        }
        await expectError(.resourceExhausted, "the limit is 20") {
            try await harness.store.commit(enrollment("c", String(repeating: "x", count: 12)), by: anna)
        }
        // Deleted concepts give way.
        try await harness.store.deleteConcept("b", by: anna)
        _ = try await harness.store.commit(enrollment("c", "4"), by: anna)
        await expectError(.notFound) { try await harness.store.undeleteConcept("b", by: anna) }
        #expect(try await harness.store.concept("a", of: anna.userID).concept.versionCount == 1)
    }
}
