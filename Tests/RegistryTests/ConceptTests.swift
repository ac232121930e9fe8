import GRDB
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct ConceptTests {
    @Test func firstCommitMakesConceptVersionAndHistory() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let result = try await harness.store.commit(enrollment("Mug", "one"), by: anna)
        #expect(result.created && result.revision == 1)
        #expect(result.move?.from == nil && result.move?.to == 1 && result.move?.by == "anna")
        let version = result.version
        #expect(version.number == 1 && version.isCurrent && version.parent == nil && version.sizeBytes == 12)
        #expect(version.trainingRecord == #"{"seed":7,"steps":100}"#)
        #expect(version.kind == .object && version.identifier == "my mug" && version.threshold == 0.5)
        #expect(try await harness.store.artifact(version.digest, of: anna.userID) == Array("artifact one".utf8))
        let details = try await harness.store.concept("mUG", of: anna.userID)
        #expect(details.concept.name == "Mug" && details.current == version && details.history.count == 1)
    }

    @Test func sameContentIsTheSameVersion() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("mug", "one"), by: anna)
        let again = try await harness.store.commit(enrollment("MUG", "one"), by: anna)
        #expect(!again.created && again.move == nil && again.version.number == 1 && again.revision == 1)
        _ = try await harness.store.commit(enrollment("mug", "two"), by: anna)
        let back = try await harness.store.commit(enrollment("mug", "one"), by: anna)
        #expect(!back.created && back.move?.from == 2 && back.move?.to == 1 && back.revision == 3)
        #expect(try await harness.store.versions(of: "mug", userID: anna.userID).map(\.number) == [2, 1])
        // The training record is not part of the content, the words are.
        var record = enrollment("mug", "one")
        record.trainingRecord = #"{"seconds":3}"#
        #expect(try await !harness.store.commit(record, by: anna).created)
        record.identifier = "old mug"
        let words = try await harness.store.commit(record, by: anna)
        #expect(words.created && words.version.number == 3 && words.version.parent == 1)
    }

    @Test func equalBytesAreStoredOncePerUser() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let berta = try await harness.user("berta")
        for name in ["mug", "cup"] { _ = try await harness.store.commit(enrollment(name, "same"), by: anna) }
        _ = try await harness.store.commit(enrollment("mug", "same"), by: berta)
        try harness.outside { (db: Database) throws -> Void in
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM artifact") == 2)
        }
    }

    @Test func usersWithEqualNamesNeverMeet() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let berta = try await harness.user("berta", role: .admin)
        let hers = try await harness.store.commit(enrollment("mug", "annas"), by: anna)
        let store = harness.store
        #expect(try await store.conceptSet(of: berta.userID).items == [])
        await expectError(.notFound) { try await store.artifact(hers.version.digest, of: berta.userID) }
        await expectError(.notFound) { try await store.concept("mug", of: berta.userID) }
        await expectError(.notFound) { try await store.versions(of: "mug", userID: berta.userID) }
        await expectError(.notFound) { try await store.rollback("mug", to: 1, by: berta) }
        await expectError(.notFound) { try await store.deleteConcept("mug", by: berta) }
        await expectError(.notFound) { try await store.undeleteConcept("mug", by: berta) }
        _ = try await store.commit(enrollment("mug", "bertas"), by: berta)
        _ = try await store.commit(enrollment("mug", "bertas second"), by: berta)
        try await store.deleteConcept("mug", by: berta)
        let after = try await store.conceptSet(of: anna.userID)
        #expect(after.items.map(\.digest) == [hers.version.digest] && after.revision == 1)
    }

    @Test func badInputIsRefusedAndLeavesNothing() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let changes: [(inout EnrollmentCommit) -> Void] = [
            { $0.concept = "" }, { $0.concept = "../x" }, { $0.concept = String(repeating: "a", count: 10_000) },
            { $0.concept = "a\0b" }, { $0.classNoun = "" }, { $0.identifier = "one two three four" },
            { $0.threshold = .nan }, { $0.threshold = .infinity }, { $0.modelDigest = "AB" }, { $0.modelDigest = "" },
            { $0.photoCount = -1 }, { $0.trainingRecord = "" }, { $0.trainingRecord = "[1]" },
            { $0.trainingRecord = "{" },
            { $0.trainingRecord = "{\"a\":\"" + String(repeating: "x", count: 70_000) + "\"}" },
            { $0.trainingRecord = String(repeating: "[", count: 60_000) },
            { $0.artifact = [] }, { $0.reason = "a\nb" }, { $0.reason = String(repeating: "r", count: 201) },
        ]
        for (number, change) in changes.enumerated() {
            var bad = enrollment("mug", "one")
            change(&bad)
            let error = await expectError(.invalidArgument) { try await harness.store.commit(bad, by: anna) }
            #expect(error != nil, "change \(number)")
        }
        #expect(try await harness.store.concepts(of: anna.userID).concepts == [])
        #expect(try await harness.store.conceptSet(of: anna.userID).revision == 0)
    }

    @Test func setDigestFollowsItsContentAlone() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let empty = try await harness.store.conceptSet(of: anna.userID)
        _ = try await harness.store.commit(enrollment("b", "1"), by: anna)
        _ = try await harness.store.commit(enrollment("A", "1"), by: anna)
        let first = try await harness.store.conceptSet(of: anna.userID)
        #expect(first.items.map(\.concept) == ["A", "b"] && first.digest != empty.digest)
        _ = try await harness.store.commit(enrollment("b", "2"), by: anna)
        let second = try await harness.store.conceptSet(of: anna.userID)
        #expect(second.digest != first.digest && second.revision == 3)
        _ = try await harness.store.rollback("b", by: anna)
        let third = try await harness.store.conceptSet(of: anna.userID)
        #expect(third.digest == first.digest && third.items == first.items && third.revision == 4)
    }

    @Test func listsArePaged() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        for name in ["delta", "Bravo", "alpha", "Charlie"] {
            _ = try await harness.store.commit(enrollment(name, "1"), by: anna)
        }
        let first = try await harness.store.concepts(of: anna.userID, limit: 3)
        #expect(first.concepts.map(\.name) == ["alpha", "Bravo", "Charlie"] && first.revision == 4)
        let rest = try await harness.store.concepts(of: anna.userID, limit: 3, after: "CHARLIE")
        #expect(rest.concepts.map(\.name) == ["delta"])
        for number in 2...5 { _ = try await harness.store.commit(enrollment("alpha", "\(number)"), by: anna) }
        let versions = try await harness.store.versions(of: "alpha", userID: anna.userID, limit: 2, before: 4)
        #expect(versions.map(\.number) == [3, 2])
    }

    @Test func damagedArtifactIsNamedWithItsRemedy() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("mug", "one"), by: anna)
        let bad = try await harness.store.commit(enrollment("mug", "two"), by: anna)
        try harness.outside { (db: Database) throws -> Void in
            try db.execute(sql: "DROP TRIGGER artifact_is_immutable")
            try db.execute(
                sql: """
                    UPDATE artifact SET sealed = cast(substr(sealed, 1, 20) || zeroblob(8) || substr(sealed, 29) AS BLOB)
                    WHERE digest = ?
                    """, arguments: [bad.version.digest])
            #expect(db.changesCount == 1)
        }
        await expectError(.dataLoss, "version 2 of mug") {
            try await harness.store.artifact(bad.version.digest, of: anna.userID)
        }
        let move = try await harness.store.rollback("mug", by: anna)
        #expect(move.to == 1)
        let current = try await harness.store.concept("mug", of: anna.userID).current
        #expect(try await harness.store.artifact(current.digest, of: anna.userID) == Array("artifact one".utf8))
    }

    @Test func databaseItselfRefusesToRewriteThePast() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("mug", "one"), by: anna)
        let statements = [
            "UPDATE version SET threshold = 1", "DELETE FROM version", "UPDATE move SET reason = 'x'",
            "DELETE FROM move",
            "UPDATE artifact SET bytes = x'00'", "UPDATE audit SET actor = 'x'", "DELETE FROM audit",
        ]
        for statement in statements {
            try harness.outside { (db: Database) throws -> Void in
                #expect(throws: DatabaseError.self, "\(statement)") { try db.execute(sql: statement) }
            }
        }
    }
}
