import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct RollbackTests {
    private func mug(versions: Int) async throws -> (Harness, Principal) {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        for number in 1...versions { _ = try await harness.store.commit(enrollment("mug", "\(number)"), by: anna) }
        return (harness, anna)
    }

    @Test func twoRollbacksGoTwoBackAndThenThereIsNothingBefore() async throws {
        let (harness, anna) = try await mug(versions: 3)
        #expect(try await harness.store.rollback("mug", reason: "worse", by: anna).to == 2)
        #expect(try await harness.store.rollback("mug", by: anna).to == 1)
        await expectError(.failedPrecondition, "nothing before") { try await harness.store.rollback("mug", by: anna) }
        let history = try await harness.store.concept("mug", of: anna.userID).history
        #expect(history.map(\.to) == [1, 2, 3, 2, 1])
        #expect(history.map(\.action) == [.rollback, .rollback, .enroll, .enroll, .enroll])
        #expect(history.map(\.revision) == [5, 4, 3, 2, 1])
        #expect(history[1].reason == "worse")
    }

    @Test func rollbackAfterANewVersionReturnsToWhereThatStood() async throws {
        let (harness, anna) = try await mug(versions: 3)
        _ = try await harness.store.rollback("mug", by: anna)  // 2
        let four = try await harness.store.commit(enrollment("mug", "4"), by: anna)
        #expect(four.version.parent == 2)
        #expect(try await harness.store.rollback("mug", by: anna).to == 2)
        #expect(try await harness.store.rollback("mug", by: anna).to == 1)
    }

    @Test func rollbackToANumberPopsDownToIt() async throws {
        let (harness, anna) = try await mug(versions: 4)
        #expect(try await harness.store.rollback("mug", to: 2, by: anna).to == 2)
        #expect(try await harness.store.rollback("mug", by: anna).to == 1)
    }

    @Test func goingForwardAgainPushes() async throws {
        let (harness, anna) = try await mug(versions: 3)
        #expect(try await harness.store.rollback("mug", to: 1, by: anna).to == 1)
        #expect(try await harness.store.rollback("mug", to: 3, by: anna).to == 3)
        #expect(try await harness.store.rollback("mug", by: anna).to == 1)
    }

    @Test func wrongTargetsAreNamed() async throws {
        let (harness, anna) = try await mug(versions: 2)
        await expectError(.notFound, "no version 9") { try await harness.store.rollback("mug", to: 9, by: anna) }
        await expectError(.notFound) { try await harness.store.rollback("mug", to: 0, by: anna) }
        await expectError(.notFound) { try await harness.store.rollback("mug", to: -1, by: anna) }
        await expectError(.failedPrecondition, "already") { try await harness.store.rollback("mug", to: 2, by: anna) }
        await expectError(.notFound, "no concept") { try await harness.store.rollback("cup", by: anna) }
        #expect(try await harness.store.conceptSet(of: anna.userID).revision == 2)
    }

    @Test func compareAndSetNamesWhatStoodThere() async throws {
        let (harness, anna) = try await mug(versions: 3)
        await expectError(.failedPrecondition, "is at version 3, not at version 2") {
            try await harness.store.rollback("mug", ifVersion: 2, by: anna)
        }
        #expect(try await harness.store.rollback("mug", ifVersion: 3, by: anna).to == 2)
        await expectError(.failedPrecondition) {
            try await harness.store.commit(enrollment("mug", "5", ifVersion: 3), by: anna)
        }
        await expectError(.failedPrecondition) {
            try await harness.store.commit(enrollment("mug", "5", ifVersion: 0), by: anna)
        }
        await expectError(.failedPrecondition, "does not exist") {
            try await harness.store.commit(enrollment("cup", "5", ifVersion: 1), by: anna)
        }
        #expect(try await harness.store.commit(enrollment("cup", "5", ifVersion: 0), by: anna).created)
    }
}
