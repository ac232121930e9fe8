import Client
import Foundations
import Testing

@Suite(.timeLimit(.minutes(10))) struct JourneyTests {
    @Test func aUserTeachesAsksAndGoesBack() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            #expect(try await ann.whoAmI().name == "ann")
            let picture = try Harness.photo(1, 9)
            let before = try await ann.captioned(picture)
            #expect(before.answer.fired.isEmpty)

            let first = try await ann.enrolled(Harness.order("zibo"))
            #expect(first.created && first.version.number == 1 && first.version.current)
            #expect(first.version.photos == 3 && first.version.classNoun == "mug")
            let one = try await ann.captioned(picture)
            #expect(one.pieces.joined() == one.answer.text, "the pieces are not the text")
            #expect(one.answer.conceptSetDigest != before.answer.conceptSetDigest)

            let second = try await ann.enrolled(Harness.order("zibo", views: 3..<6))
            #expect(second.created && second.version.number == 2)
            let two = try await ann.captioned(picture)
            #expect(two.answer.conceptSetDigest != one.answer.conceptSetDigest)

            let move = try await ann.rollback("zibo", reason: "the first was better")
            #expect(move.fromVersion == 2 && move.toVersion == 1 && move.by == "ann")
            let back = try await ann.captioned(picture)
            #expect(back.answer.conceptSetDigest == one.answer.conceptSetDigest)
            #expect(back.answer.text == one.answer.text && back.answer.fired == one.answer.fired)

            let detail = try await ann.concept("zibo")
            #expect(detail.current.number == 1 && detail.concept.versions == 2)
            #expect(detail.history.map(\.action) == ["rollback", "enroll", "enroll"])
            #expect(try await ann.versions(of: "zibo").map(\.number) == [2, 1])
            await ann.close()
        }
    }

    @Test func theSamePhotosAndSeedMakeNoNewVersion() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let first = try await ann.enrolled(Harness.order("zibo"))
            let again = try await ann.enrolled(Harness.order("zibo"))
            #expect(!again.created && again.version.digest == first.version.digest)
            #expect(try await ann.versions(of: "zibo").count == 1)
            await ann.close()
        }
    }

    @Test func conceptsOfOthersDoNotExist() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let ben = try await harness.user("ben")
            _ = try await ann.enrolled(Harness.order("zibo"))
            #expect(try await ben.concepts().isEmpty)
            #expect(try await ben.recognize(Harness.photo(1)).results.isEmpty)
            let errors = [
                await failure { _ = try await ben.concept("zibo") },
                await failure { _ = try await ben.versions(of: "zibo") },
                await failure { _ = try await ben.rollback("zibo", to: 1) },
                await failure { _ = try await ben.deleteConcept("zibo") },
                await failure { _ = try await ben.promote("zibo", to: "1") },
                await failure { _ = try await ben.setAlias("best", of: "zibo", to: "1") },
                await failure { _ = try await ben.removeAlias("best", of: "zibo") },
                await failure { _ = try await ben.protectAlias("best", of: "zibo") },
                await failure { _ = try await ben.setRetention("zibo", keepLast: 1) },
                await failure { _ = try await ben.renameConcept("zibo", to: "mine") },
                await failure { _ = try await ben.compare("zibo", "1", "current") },
                await failure { _ = try await ben.undeleteConcept("zibo") },
                await failure { _ = try await ben.eraseConcept("zibo") },
            ]
            for error in errors {
                #expect(error?.code == .notFound && error?.exitCode == 66, "\(String(describing: error))")
            }
            // The same name is ben's own, and deleting it leaves ann's.
            _ = try await ben.enrolled(Harness.order("zibo", thing: 2))
            _ = try await ben.deleteConcept("zibo")
            #expect(try await ann.concept("zibo").concept.versions == 1)
            await ann.close()
            await ben.close()
        }
    }

    @Test func theFrozenAnswerKnowsNoConcept() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let plain = try await ann.captioned(Harness.photo(1, 9))
            _ = try await ann.enrolled(Harness.order("zibo"))
            let frozen = try await ann.captioned(Harness.photo(1, 9), frozen: true)
            #expect(frozen.answer.text == plain.answer.text && frozen.answer.fired.isEmpty)
            await ann.close()
        }
    }

    @Test func questionsAndRecognitionReachTheConcepts() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("zibo"))
            let report = try await ann.recognize(Harness.photo(1, 9))
            #expect(report.results.map(\.concept) == ["zibo"] && report.results.first?.version == 1)
            var end: Answer?
            for try await event in ann.ask(try Harness.photo(1, 9), "What is it?") {
                if case .end(let answer) = event { end = answer }
            }
            #expect(end?.conceptSetDigest == report.conceptSetDigest)
            #expect(end?.finishReason == "stop" || end?.finishReason == "length")
            let status = try await ann.status()
            #expect(status.modelName == "tiny" && status.enrollments == 0)
            let admin = try await harness.admin()
            #expect(try await admin.status().residentSets >= 1)
            await admin.close()
            await ann.close()
        }
    }

    @Test func logsHoldNoSecretsAndNoContents() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("zibo"))
            for try await _ in ann.ask(try Harness.photo(1, 9), "the secret question?") {}
            _ = await failure { _ = try await ann.login(user: "ann", password: "a wrong password") }
            let token = try #require(ann.token)
            let log = harness.log.value.joined(separator: "\n")
            #expect(log.contains("/myvlm.v1.Vision/Ask") && log.contains("user_id"))
            for secret in [
                token, Harness.userPassword, Harness.adminPassword, "a wrong password", "secret question", "zibo",
                "a picture of", "thing1-0.png",
            ] {
                #expect(!log.contains(secret), "the log holds \"\(secret)\"")
            }
            await ann.close()
        }
    }
}
