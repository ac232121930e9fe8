import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct FailedLoginTests {
    private struct Found {
        let action: String
        let actor: String
        let target: String
        let details: String
    }

    private func rows(_ harness: Harness) async throws -> [Found] {
        let page = try await harness.store.audit(limit: 1_000, by: .console)
        return page.records.reversed().filter { $0.action.hasPrefix("login.") }.map {
            Found(
                action: $0.action, actor: $0.actor, target: page.names[$0.target] ?? $0.target, details: $0.details)
        }
    }

    /// Guessing at passwords left no trace in the audit log.
    @Test func aFailedLoginLeavesARow() async throws {
        let harness = try Harness()
        _ = try await harness.user("anna")
        await expectError(.unauthenticated) { try await harness.login("anna", password: "wrong horse") }
        let found = try await rows(harness)
        #expect(found.map(\.action) == ["login.failed"] && found.first?.target == "anna")
        #expect(found.first?.actor == "(stranger)" && found.first?.details == #"{"count":1}"#)
        guard case .intact = try await harness.store.verifyAudit() else {
            Issue.record("the chain is broken")
            return
        }
    }

    @Test func aFloodIsOneRowAMinute() async throws {
        let harness = try Harness { $0.throttle.pair.free = 1_000_000 }
        _ = try await harness.user("anna")
        await expectError(.unauthenticated) { try await harness.login("anna", password: "wrong horse") }
        #expect(try await rows(harness).count == 1)
        for _ in 0..<200 { _ = try? await harness.login("anna", password: "wrong horse") }
        #expect(try await rows(harness).count == 1)
        harness.clock.advance(60_000)
        #expect(try await rows(harness).map(\.details) == [#"{"count":1}"#, #"{"count":200}"#])
        // What waits when the server stops is not lost.
        _ = try? await harness.login("anna", password: "wrong horse")
        try harness.store.close()
        let again = try RegistryStore(harness.configuration)
        #expect(try await again.audit(limit: 1, by: .console).records.first?.details == #"{"count":1}"#)
        try again.close()
    }

    /// Names that nobody has are counted together and written nowhere: a password that was typed as a name is not kept.
    @Test func unknownNamesAreCountedAndNotNamed() async throws {
        let harness = try Harness()
        _ = try await harness.user("anna")
        for number in 0..<40 { _ = try? await harness.login("stranger\(number)") }
        harness.clock.advance(60_000)
        let found = try await rows(harness)
        #expect(
            Set(found.map(\.action)) == ["login.unknown"] && found.count <= 2 && found.allSatisfy { $0.target == "" })
        #expect(try await !"\(harness.store.audit(limit: 1_000, by: .console))".contains("stranger1"))
    }

    /// A year of guesses at a thousand accounts, every second one: the rows stay few, and none is lost.
    @Test func rowsAreBoundedWhateverStrangersDo() {
        var failed = FailedLogins()
        var (written, counted, now) = (0, 0, Int64(0))
        for second in 0..<100_000 {
            now += 1_000
            failed.note(Int64(second % 1_000))
            let rows = failed.takeDue(now: now)
            written += rows.count
            counted += rows.reduce(0) { $0 + $1.count }
        }
        #expect(written <= 100 + 2 * 100_000 / 60 + 1)
        counted += failed.takeAll().reduce(0) { $0 + $1.count }
        #expect(counted == 100_000)
    }

    @Test func rowsThatCouldNotBeWrittenWait() {
        var failed = FailedLogins()
        failed.note(1)
        failed.note(nil)
        let rows = failed.takeDue(now: 0)
        #expect(rows.count == 2)
        failed.note(1)
        failed.putBack(rows)
        #expect(failed.takeDue(now: 1).first { $0.userID == 1 }?.count == 2)
    }
}
