import Client
import Foundation
import Foundations
import Runtime
import Service
import Testing
import VLM
import VLMTestSupport
import WaitingTestSupport

/// Several models behind one server: whose concepts are whose, and what happens while one of them is loaded.
@Suite(.timeLimit(.minutes(10))) struct SeveralModelsTests {
    /// A model that is loaded from nothing; `before` may wait, or throw.
    private static func entry(
        _ name: String?, seed: UInt64, bytes: Int = 10, before: @escaping @Sendable () throws -> Void = {}
    ) -> ModelEntry {
        ModelEntry(name: name, source: "tiny \(seed)", bytes: bytes) { concepts, progress in
            progress(0.5)
            try before()
            return try PersonalizedVLM(TinyVLM.make(seed: seed), over: concepts)
        }
    }

    private func setup(_ models: ModelEntry..., bytes: Int? = nil) -> Harness.Setup {
        var setup = Harness.Setup()
        setup.models = models
        setup.configuration.modelBytes = bytes ?? 1_000
        return setup
    }

    private func states(_ client: MyVLMClient) async throws -> [String] {
        try await client.status().models.map { "\($0.name) \($0.state)" }
    }

    @Test func conceptsBelongToTheModelTheyWereTrainedFor() async throws {
        try await Harness.run(setup(Self.entry("first", seed: 1), Self.entry("second", seed: 2))) { harness in
            let ann = try await harness.user("ann")
            #expect(try await states(ann) == ["first ready", "second absent"])
            let zibo = try await ann.enrolled(Harness.order("zibo"))
            var order = try Harness.order("nelo", thing: 2)
            order.model = "second"
            let nelo = try await ann.enrolled(order)
            #expect(zibo.version.modelDigest != nelo.version.modelDigest)
            #expect(try await states(ann) == ["first ready", "second ready"])
            let listed = try await ann.concepts()
            #expect(
                listed.map { "\($0.name) \($0.model) \($0.otherModel)" } == ["nelo second false", "zibo first false"])

            // Each model's answer knows its own, and does not complain about the other's.
            let unnamed = try await ann.captioned(Harness.photo(1, 0)).answer
            let first = try await ann.captioned(Harness.photo(1, 0), model: "first").answer
            let second = try await ann.captioned(Harness.photo(2, 0), model: "second").answer
            #expect(unnamed.text == first.text && unnamed.modelDigest == zibo.version.modelDigest)
            #expect(second.modelDigest == nelo.version.modelDigest)
            #expect(first.skipped.isEmpty && second.skipped.isEmpty)
            #expect(first.conceptSetDigest != second.conceptSetDigest)
            let seen = try await ann.recognize(Harness.photo(2, 0), model: "second")
            #expect(seen.results.map(\.concept) == ["nelo"] && seen.modelDigest == nelo.version.modelDigest)
            #expect(try await ann.recognize(Harness.photo(1, 0)).results.map(\.concept) == ["zibo"])

            // A file goes back to the model it came from.
            let file = try await ann.exportConcept("nelo").bytes
            let copy = try await ann.importConcept("copy", file)
            #expect(copy.version.modelDigest == nelo.version.modelDigest)
            await ann.close()
        }
    }

    /// A concept that is trained again stays with its model, unless another is named.
    @Test func trainingAgainStaysWithTheModel() async throws {
        try await Harness.run(setup(Self.entry("first", seed: 1), Self.entry("second", seed: 2))) { harness in
            let ann = try await harness.user("ann")
            var order = try Harness.keptOrder("zibo")
            order.model = "second"
            let made = try await ann.enrolled(order)
            let again = try await ann.reenrolled("zibo")
            #expect(again.version.modelDigest == made.version.modelDigest)
            var moved: Enrolled?
            for try await event in ann.reenroll("zibo", model: "first") {
                if case .done(let enrolled) = event { moved = enrolled }
            }
            #expect(moved?.version.modelDigest != made.version.modelDigest)
            #expect(try await ann.concept("zibo").concept.model == "first")
            await ann.close()
        }
    }

    @Test func aCallSaysThatItsModelLoadsAndOthersGoOn() async throws {
        let gate = Latch()
        let models = setup(Self.entry("first", seed: 1), Self.entry("second", seed: 2) { gate.wait() })
        try await Harness.run(models) { harness in
            // However the test ends, nothing may go on waiting.
            defer { gate.open() }
            let ann = try await harness.user("ann")
            var (loading, ended) = ([String](), "")
            for try await event in ann.caption(try Harness.photo(1), model: "second") {
                switch event {
                case .loading(let told):
                    loading.append(told.model)
                    guard loading.count == 1 else { break }
                    #expect(try await states(ann) == ["first ready", "second loading"])
                    let other = try await ann.captioned(Harness.photo(1), model: "first")
                    #expect(!other.answer.text.isEmpty)
                    gate.open()
                case .piece: break
                case .end(let answer): ended = answer.modelDigest
                }
            }
            #expect(!loading.isEmpty && Set(loading) == ["second"])
            let status = try await ann.status()
            #expect(ended == status.models[1].digest && status.modelDigest == status.models[0].digest)
            #expect(try await states(ann) == ["first ready", "second ready"])
            await ann.close()
        }
    }

    @Test func aModelThatCannotBeLoadedKeepsNobodyElse() async throws {
        let isBroken = Locked(true)
        let models = setup(
            Self.entry("first", seed: 1),
            Self.entry("second", seed: 2) {
                if isBroken.value { throw ServiceError(.badData, "/srv/secret/model.safetensors is cut short") }
            })
        try await Harness.run(models) { harness in
            let (ann, admin) = (try await harness.user("ann"), try await harness.admin())
            for _ in 0..<2 {
                let refused = await failure { _ = try await ann.captioned(Harness.photo(1), model: "second") }
                #expect(refused?.code == .unavailable, "\(String(describing: refused))")
                #expect(refused?.message.contains("second") == true && refused?.message.contains("/srv") == false)
            }
            #expect(try await states(ann) == ["first ready", "second failed"])
            #expect(try await ann.status().models[1].error.isEmpty)
            #expect(try await admin.status().models[1].error.contains("model.safetensors is cut short"))
            #expect(try await !ann.captioned(Harness.photo(1)).answer.text.isEmpty)
            #expect(harness.log.value.contains { $0.contains("cannot be loaded") && $0.contains("cut short") })
            // Mended: it is tried again after a while.
            isBroken.set(false)
            #expect(await failure { _ = try await ann.captioned(Harness.photo(1), model: "second") } != nil)
            harness.now.set(harness.now.value + ModelPlaces.retryAfterMs)
            #expect(try await !ann.captioned(Harness.photo(1), model: "second").answer.text.isEmpty)
            #expect(try await admin.status().models[1].error.isEmpty)
            await ann.close()
            await admin.close()
        }
    }

    @Test func modelsMakeRoomForEachOther() async throws {
        let models = setup(Self.entry("first", seed: 1), Self.entry("second", seed: 2), bytes: 15)
        try await Harness.run(models) { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("zibo"))
            let before = try await ann.captioned(Harness.photo(1, 0)).answer
            _ = try await ann.captioned(Harness.photo(1, 0), model: "second")
            #expect(try await states(ann) == ["first absent", "second ready"])
            // What belongs to the one that went is still known as its own.
            #expect(try await ann.concept("zibo").concept.model == "first")
            let after = try await ann.captioned(Harness.photo(1, 0)).answer
            #expect(after.text == before.text && after.conceptSetDigest == before.conceptSetDigest)
            #expect(try await states(ann) == ["first ready", "second absent"])
            await ann.close()
        }
    }

    /// The next start knows whose concepts are whose before it has loaded their model.
    @Test func whoAModelIsIsRemembered() async throws {
        let models = setup(Self.entry("first", seed: 1), Self.entry("second", seed: 2))
        try await Harness.run(models) { harness in
            let ann = try await harness.user("ann")
            var order = try Harness.order("nelo", thing: 2)
            order.model = "second"
            _ = try await ann.enrolled(order)
            await ann.close()
            await harness.server.shutdown(grace: .seconds(2))
            var next = models
            next.home = harness.home.path
            try await Harness.run(next) { other in
                let ann = try await other.known("ann")
                #expect(try await states(ann) == ["first ready", "second absent"])
                let nelo = try await ann.concept("nelo").concept
                #expect(nelo.model == "second" && !nelo.otherModel)
                #expect(try await ann.captioned(Harness.photo(1)).answer.skipped.isEmpty)
                await ann.close()
            }
            // Another model under the same name is not taken for it.
            next.models = [Self.entry("first", seed: 1), Self.entry("second", seed: 3)]
            try await Harness.run(next) { other in
                let ann = try await other.known("ann")
                #expect(try await ann.concept("nelo").concept.otherModel)
                // What a file belongs to is told as far as it is known, and how to know more.
                let file = try await ann.exportConcept("nelo").bytes
                let unknown = await failure { _ = try await ann.importConcept("copy", file) }
                #expect(
                    unknown?.code == .failedPrecondition && unknown?.message.contains("--model second`") == true,
                    "\(String(describing: unknown))")
                _ = try await ann.recognize(Harness.photo(1), model: "second")
                let known = await failure { _ = try await ann.importConcept("copy", file) }
                #expect(
                    known?.code == .failedPrecondition && known?.message.contains("none of first, second: ") == true,
                    "\(String(describing: known))")
                await ann.close()
            }
        }
    }

    /// A home that had one model gets several: concepts are not moved to the first by mistake, before theirs was loaded.
    @Test func whoseAConceptIsMayNotBeKnownYet() async throws {
        var before = Harness.Setup()
        before.model = { try TinyVLM.make(seed: 2) }
        try await Harness.run(before) { harness in
            let ann = try await harness.user("ann")
            let made = try await ann.enrolled(Harness.keptOrder("zibo"))
            await ann.close()
            await harness.server.shutdown(grace: .seconds(2))
            var next = setup(Self.entry("first", seed: 1), Self.entry("second", seed: 2))
            next.home = harness.home.path
            try await Harness.run(next) { other in
                let ann = try await other.known("ann")
                #expect(try await ann.concept("zibo").concept.otherModel)
                let early = await failure { _ = try await ann.reenrolled("zibo") }
                #expect(
                    early?.code == .failedPrecondition && early?.message.contains("--model second`") == true,
                    "\(String(describing: early))")
                #expect(try await ann.jobs().allSatisfy { $0.state == "succeeded" })
                #expect(try await ann.recognize(Harness.photo(1), model: "second").results.map(\.concept) == ["zibo"])
                let concept = try await ann.concept("zibo").concept
                #expect(concept.model == "second" && !concept.otherModel)
                let again = try await ann.reenrolled("zibo")
                #expect(again.version.modelDigest == made.version.modelDigest)
                await ann.close()
            }
        }
    }

    @Test func aNameThereIsNotIsAnsweredWithTheNearest() async throws {
        try await Harness.run(setup(Self.entry("first", seed: 1), Self.entry("second", seed: 2))) { harness in
            let ann = try await harness.user("ann")
            let misspelt = await failure { _ = try await ann.captioned(Harness.photo(1), model: "secnd") }
            #expect(misspelt?.code == .invalidArgument && misspelt?.message.contains("did you mean second?") == true)
            let none = await failure { _ = try await ann.recognize(Harness.photo(1), model: "gigantic") }
            #expect(none?.message.contains("first, second") == true, "\(String(describing: none))")
            let long = String(repeating: "x\u{301}", count: 10_000)
            let endless = await failure { _ = try await ann.recognize(Harness.photo(1), model: long) }
            #expect(endless?.code == .invalidArgument && (endless?.message.utf8.count ?? 999) < 200)
            var order = try Harness.order("zibo")
            order.model = "secnd"
            let enrollment = await failure { _ = try await ann.enrolled(order) }
            #expect(enrollment?.code == .invalidArgument && enrollment?.message.contains("second") == true)
            #expect(try await ann.jobs().isEmpty)
            await ann.close()
        }
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let refused = await failure { _ = try await ann.captioned(Harness.photo(1), model: "first") }
            #expect(refused?.code == .invalidArgument && refused?.message.contains("one model") == true)
            #expect(try await ann.status().models.isEmpty)
            _ = try await ann.enrolled(Harness.order("zibo"))
            #expect(try await ann.concept("zibo").concept.model.isEmpty)
            await ann.close()
        }
    }

    @Test func aListThatCannotBeServedIsRefusedBeforeAnyRequest() async throws {
        for (models, words) in [
            ([Self.entry("a", seed: 1), Self.entry("a", seed: 2)], ["two models are called a"]),
            ([Self.entry("a", seed: 1), Self.entry(nil, seed: 2)], ["NAME=PLACE", "tiny 2"]),
            ([Self.entry("a/b", seed: 1)], ["a/b"]),
            (
                [Self.entry("a", seed: 1), Self.entry("b", seed: 2, bytes: 7_000_000_000)],
                ["the model b (tiny 2) takes 7.0 GB", "modelBytes", "int8"]
            ),
        ] {
            var setup = Harness.Setup()
            setup.models = models
            setup.configuration.modelBytes = 1_000_000
            do {
                try await Harness.run(setup) { _ in Issue.record("\(words) was served") }
                Issue.record("\(words) was served")
            } catch let error as ServiceError {
                #expect(error.code == .usage)
                for word in words { #expect(error.message.contains(word), "\(error.message)") }
            }
        }
    }
}
