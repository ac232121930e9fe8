import GRDB
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct PointerTests {
    private func mug(versions: Int) async throws -> (Harness, Principal) {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        for number in 1...versions { _ = try await harness.store.commit(enrollment("mug", "\(number)"), by: anna) }
        return (harness, anna)
    }

    @Test func promotingPushesAndARollbackReturns() async throws {
        let (harness, anna) = try await mug(versions: 3)
        let store = harness.store
        let move = try await store.promote("MUG", to: .number(1), reason: "sharper", by: anna)
        #expect(move.from == 3 && move.to == 1 && move.action == .promote && move.pointer == "current")
        await expectError(.failedPrecondition, "at version 1 already") {
            try await store.promote("mug", to: .current, by: anna)
        }
        await expectError(.failedPrecondition, "is at version 1, not at version 3") {
            try await store.promote("mug", to: .number(2), ifVersion: 3, by: anna)
        }
        await expectError(.notFound, "no version 9") { try await store.promote("mug", to: .number(9), by: anna) }
        #expect(try await store.rollback("mug", by: anna).to == 3)
        #expect(try await store.rollback("mug", by: anna).to == 2)
    }

    @Test func aliasesNameVersionsAndKeepTheirHistory() async throws {
        let (harness, anna) = try await mug(versions: 3)
        let store = harness.store
        #expect(try await store.setAlias("best", of: "mug", to: .number(2), ifVersion: 0, by: anna).changed)
        #expect(try await !store.setAlias("best", of: "mug", to: .number(2), by: anna).changed)
        await expectError(.failedPrecondition, "is at version 2, not at version 0") {
            try await store.setAlias("best", of: "mug", to: .number(1), ifVersion: 0, by: anna)
        }
        #expect(
            try await store.setAlias("best", of: "mug", to: .current, reason: "new light", by: anna).alias?.version == 3
        )
        #expect(try await store.promote("mug", to: .number(1), by: anna).to == 1)
        #expect(try await store.promote("mug", to: .alias("best"), by: anna).to == 3)
        await expectError(.notFound, "no alias worst") {
            try await store.promote("mug", to: .alias("worst"), by: anna)
        }
        _ = try await store.removeAlias("best", of: "mug", by: anna)
        await expectError(.notFound) { try await store.removeAlias("best", of: "mug", by: anna) }
        let history = try await store.concept("mug", of: anna.userID).history.filter { $0.pointer == "best" }
        #expect(history.map(\.action) == [.unalias, .alias, .alias])
        #expect(history.map(\.to) == [nil, 3, 2] && history.map(\.from) == [3, 2, nil])
        #expect(history[1].reason == "new light" && history[1].by == "anna")
        for bad in ["", "current", "3", "v12", "a b", "ä", String(repeating: "x", count: 65)] {
            await expectError(.invalidArgument) {
                try await store.setAlias(bad, of: "mug", to: .number(1), by: anna)
            }
        }
        #expect(try VersionSelector("v3") == .number(3) && VersionSelector("current") == .current)
        #expect(try VersionSelector("v") == .alias("v") && VersionSelector("best") == .alias("best"))
        await expectError(.invalidArgument) { try VersionSelector("0") }
        await expectError(.invalidArgument) { try VersionSelector("no such name") }
    }

    @Test func protectedAliasesHold() async throws {
        let (harness, anna) = try await mug(versions: 2)
        let store = harness.store
        _ = try await store.setAlias("stable", of: "mug", to: .number(1), by: anna)
        #expect(try await store.protectAlias("stable", of: "mug", true, by: anna).alias?.isProtected == true)
        #expect(try await !store.protectAlias("stable", of: "mug", true, by: anna).changed)
        await expectError(.failedPrecondition, "is protected at version 1") {
            try await store.setAlias("stable", of: "mug", to: .number(2), by: anna)
        }
        await expectError(.failedPrecondition, "protected") {
            try await store.removeAlias("stable", of: "mug", by: anna)
        }
        await expectError(.failedPrecondition, "alias unprotect mug stable") {
            try await store.deleteConcept("mug", by: anna)
        }
        _ = try await store.protectAlias("stable", of: "mug", false, by: anna)
        _ = try await store.deleteConcept("mug", by: anna)
        _ = try await store.undeleteConcept("mug", by: anna)
        #expect(try await store.concept("mug", of: anna.userID).aliases.map(\.name) == ["stable"])
    }

    @Test func retentionKeepsWhatPointersNeed() async throws {
        let (harness, anna) = try await mug(versions: 8)
        let store = harness.store
        _ = try await store.setAlias("best", of: "mug", to: .number(2), by: anna)
        _ = try await store.promote("mug", to: .number(4), by: anna)
        let gone = try #require(try await store.versions(of: "mug", userID: anna.userID).last).digest
        // Current 4, below it 8, alias 2, the newest two 7 and 8.
        #expect(try await store.setRetention("mug", keepLast: 2, by: anna).removed == [1, 3, 5, 6])
        #expect(try await store.versions(of: "mug", userID: anna.userID).map(\.number) == [8, 7, 4, 2])
        await expectError(.notFound) { try await store.artifact(gone, of: anna.userID) }
        #expect(try await store.rollback("mug", by: anna).to == 8)
        // Rollbacks pass over the versions that are gone.
        #expect(try await store.rollback("mug", by: anna).to == 7)
        #expect(try await store.rollback("mug", by: anna).to == 4)
        #expect(try await store.rollback("mug", by: anna).to == 2)
        await expectError(.failedPrecondition, "nothing before") { try await store.rollback("mug", by: anna) }
        // The same content again is a new version once its old one is gone; numbers are never given out twice.
        let again = try await store.commit(enrollment("mug", "1"), by: anna)
        #expect(again.created && again.version.number == 9)
        #expect(try await store.setRetention("mug", keepLast: nil, by: anna).removed == [])
        await expectError(.invalidArgument) { try await store.setRetention("mug", keepLast: 0, by: anna) }
    }

    /// The database itself refuses to take away a version that a pointer names.
    @Test func versionsWithAPointerCannotGo() async throws {
        let (harness, anna) = try await mug(versions: 3)
        _ = try await harness.store.setAlias("best", of: "mug", to: .number(1), by: anna)
        try harness.outside { (db: Database) throws -> Void in
            for number in [1, 3] {
                #expect(throws: DatabaseError.self) {
                    try db.execute(sql: "DELETE FROM version WHERE number = ?", arguments: [number])
                }
            }
            try db.execute(sql: "DELETE FROM version WHERE number = 2")
        }
    }

    @Test func renamingKeepsEverythingButTheName() async throws {
        let (harness, anna) = try await mug(versions: 2)
        let store = harness.store
        _ = try await store.commit(enrollment("cup", "1"), by: anna)
        let before = try await store.concept("mug", of: anna.userID)
        let change = try await store.renameConcept("mug", to: "Tasse", by: anna)
        #expect(change.concept.name == "Tasse" && change.concept.identifier == "my mug" && change.changed)
        let after = try await store.concept("tasse", of: anna.userID)
        #expect(after.current.digest == before.current.digest && after.history.map(\.to) == before.history.map(\.to))
        #expect(try await store.conceptSet(of: anna.userID).items.map(\.concept) == ["Tasse", "cup"])
        await expectError(.alreadyExists, "cup") { try await store.renameConcept("tasse", to: "CUP", by: anna) }
        #expect(try await store.renameConcept("tasse", to: "TASSE", by: anna).concept.name == "TASSE")
        #expect(try await !store.renameConcept("tasse", to: "TASSE", by: anna).changed)
        await expectError(.invalidArgument) { try await store.renameConcept("tasse", to: "a/b", by: anna) }
        await expectError(.notFound) { try await store.renameConcept("mug", to: "x", by: anna) }
    }

    @Test func comparisonNamesEveryField() async throws {
        let (harness, anna) = try await mug(versions: 1)
        var other = enrollment("mug", "2")
        other.threshold = 0.75
        other.trainingRecord = #"{"steps": 200, "seed": 7, "settings": {"rate": 0.5}}"#
        _ = try await harness.store.commit(other, by: anna)
        let result = try await harness.store.compare("mug", .number(1), .current, of: anna.userID)
        #expect(result.left.number == 1 && result.right.number == 2)
        #expect(
            result.differences.map(\.field) == [
                "threshold", "parent", "digest", "training.settings.rate", "training.steps",
            ])
        #expect(result.differences[0].left == "0.5" && result.differences[0].right == "0.75")
        #expect(try await harness.store.compare("mug", .number(2), .number(2), of: anna.userID).differences == [])
        await expectError(.notFound) { try await harness.store.compare("mug", .number(3), .current, of: anna.userID) }
    }

    @Test(arguments: [
        ("zibbo", "did you mean Zibo?"), ("Zbio", "did you mean Zibo?"), ("elephant", "list your concepts"),
    ])
    func unknownNamesAreAnsweredWithTheNearest(name: String, hint: String) async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let ben = try await harness.user("ben")
        for known in ["Zibo", "rex"] { _ = try await harness.store.commit(enrollment(known, "1"), by: anna) }
        await expectError(.notFound, hint) { try await harness.store.concept(name, of: anna.userID) }
        // Names of others are never told.
        await expectError(.notFound, "list your concepts") { try await harness.store.concept(name, of: ben.userID) }
    }
}
