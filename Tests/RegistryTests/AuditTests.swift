import Foundations
import GRDB
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct AuditTests {
    private func filled() async throws -> Harness {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("mug", "1"), by: anna)
        _ = try await harness.store.commit(enrollment("mug", "2"), by: anna)
        _ = try await harness.store.rollback("mug", reason: "blurred", by: anna)
        try await harness.store.deleteConcept("mug", by: anna)
        return harness
    }

    @Test func everyMutationHasItsRow() async throws {
        let harness = try await filled()
        let page = try await harness.store.audit(by: .console)
        let rows = page.records
        #expect(
            rows.reversed().map(\.action) == [
                "user.create", "token.login", "concept.enroll", "concept.enroll", "concept.rollback", "concept.delete",
            ])
        #expect(rows.map(\.sequence) == [6, 5, 4, 3, 2, 1])
        #expect(rows[1].details.wholeMatch(of: /\{"from":2,"reason":"[0-9a-f]{16}","to":1\}/) != nil, "\(rows[1])")
        #expect(rows[1].actor.wholeMatch(of: /[0-9a-f]{16}/) != nil)
        #expect(page.names[rows[1].actor] == "anna" && page.names[rows[1].target] == "anna/mug")
        #expect(rows.map(\.revision) == [6, 5, 4, 3, 2, 1])
        #expect(try await harness.store.revision() == 6)
        #expect(try await harness.store.verifyAudit() == .intact(rows: 6))
        #expect(try await harness.store.audit(limit: 2, before: 4, by: .console).records.map(\.sequence) == [3, 2])
    }

    /// No name, reason or alias is in the log, nor anything that hashing a guess would find.
    @Test func theLogHoldsCodesOnly() async throws {
        let harness = try await filled()
        let ben = try await harness.user("ben")
        _ = try await harness.store.commit(enrollment("mug", "1"), by: ben)
        let page = try await harness.store.audit(by: .console)
        let text = "\(page.records)"
        for word in ["anna", "ben", "mug", "blurred"] {
            #expect(!text.contains(word))
            #expect(try await !text.contains(SHA256Hex.of(word).prefix(16)))
        }
        // Equal names of two users have different codes.
        #expect(Set(page.records.filter { $0.action == "concept.enroll" }.map(\.target)).count == 2)
        #expect(page.names.values.sorted() == ["anna", "anna/mug", "ben", "ben/mug"])
    }

    @Test func refusedCallsLeaveNoRowButFailedLoginsDo() async throws {
        let harness = try await filled()
        let anna = try await harness.store.authenticate(try await harness.login("anna").token)
        await expectError(.notFound) { try await harness.store.rollback("mug", by: anna) }
        await expectError(.unauthenticated) { try await harness.login("anna", password: "wrong horse") }
        #expect(try await harness.store.audit(by: .console).records.first?.action == "login.failed")
        #expect(try await harness.store.verifyAudit() == .intact(rows: 8))
    }

    @Test(arguments: [1, 3, 6] as [Int64])
    func removedRowIsNamed(sequence: Int64) async throws {
        let harness = try await filled()
        try harness.outside { (db: Database) throws -> Void in
            try db.execute(sql: "DROP TRIGGER audit_is_kept")
            try db.execute(sql: "DELETE FROM audit WHERE seq = ?", arguments: [sequence])
        }
        #expect(try await harness.store.verifyAudit() == .missing(sequence: sequence))
    }

    @Test(arguments: [
        "actor = 'eve'", "at_ms = at_ms + 1", "details = '{}'", "target = 'anna/cup'", "action = 'x'",
        "revision = revision + 1", "hash = upper(hash)",
    ])
    func alteredRowIsNamed(change: String) async throws {
        let harness = try await filled()
        try harness.outside { (db: Database) throws -> Void in
            try db.execute(sql: "DROP TRIGGER audit_is_immutable")
            try db.execute(sql: "UPDATE audit SET \(change) WHERE seq = 5")
        }
        #expect(try await harness.store.verifyAudit() == .altered(sequence: 5))
    }
}
