import Client
import Foundation
import Foundations
import Runtime
import Service
import Synchronization
import Testing
import VLM
import VLMTestSupport
import WaitingTestSupport

/// What happens around the loading of a model: memory that is given back first, calls that wait, and how many may.
@Suite(.timeLimit(.minutes(10))) struct ModelShelfTests {
    /// A runtime, as long as somebody else holds it.
    private final class Watched: Sendable {
        private struct Box { weak var runtime: PersonalizedVLM? }
        private let box = Mutex(Box())

        var isGone: Bool { box.withLock { $0.runtime == nil } }

        func watch(_ runtime: PersonalizedVLM) { box.withLock { $0.runtime = runtime } }
    }

    private static func entry(
        _ name: String, seed: UInt64, bytes: Int = 10, watched: Watched = Watched(), heldBack: Barrier? = nil,
        before: @escaping @Sendable () throws -> Void = {}
    ) -> ModelEntry {
        ModelEntry(name: name, source: "tiny \(seed)", bytes: bytes) { concepts, _ in
            try before()
            let runtime = try PersonalizedVLM(TinyVLM.make(seed: seed), over: concepts) { bytes in
                heldBack?.pass()
                return try RGBImage(decoding: bytes, limits: .standard)
            }
            watched.watch(runtime)
            return runtime
        }
    }

    private static func setup(_ models: ModelEntry..., bytes: Int = 1_000) -> Harness.Setup {
        var setup = Harness.Setup()
        setup.models = models
        setup.configuration.modelBytes = bytes
        return setup
    }

    private func states(_ client: MyVLMClient) async throws -> [String] {
        try await client.status().models.map { "\($0.name) \($0.state)" }
    }

    /// An answer that nobody wants any more still works: nothing is loaded in its model's place before it has ended.
    @Test func whatMakesRoomIsGoneBeforeAnotherIsLoaded() async throws {
        let (first, barrier, wasGone) = (Watched(), Barrier(), Locked<[Bool]>([]))
        let setup = Self.setup(
            Self.entry("first", seed: 1, watched: first, heldBack: barrier),
            Self.entry("second", seed: 2) { wasGone.set(wasGone.value + [first.isGone]) }, bytes: 15)
        try await Harness.run(setup) { harness in
            // However the test ends, nothing may go on waiting.
            defer { barrier.open() }
            let ann = try await harness.user("ann")
            let unwanted = Task { try await ann.captioned(Harness.photo(1), model: "first") }
            for await _ in barrier.reached { break }
            // While somebody wants it, it stays.
            let refused = await failure { _ = try await ann.captioned(Harness.photo(2), model: "second") }
            #expect(
                refused?.code == .resourceExhausted && refused?.message.contains("first is in use") == true,
                "\(String(describing: refused))")
            #expect(try await states(ann) == ["first ready", "second absent"])
            unwanted.cancel()
            let wanted = Task {
                var text = ""
                try await eventually("the first model is nobody's any more") {
                    do {
                        text = try await ann.captioned(Harness.photo(2), model: "second").answer.text
                        return true
                    } catch let error as MyVLMError where error.code == .resourceExhausted {
                        return false
                    }
                }
                return text
            }
            try await eventually("the second one is to be loaded") {
                try await states(ann) == ["first absent", "second loading"]
            }
            #expect(!first.isGone && wasGone.value.isEmpty, "an answer at work holds its model")
            barrier.open()
            #expect(try await !wanted.value.isEmpty)
            #expect(wasGone.value == [true])
            await #expect(throws: (any Error).self) { try await unwanted.value }
            await ann.close()
        }
    }

    /// An enrollment whose turn has come is not lost to a moment in which other models take all the room.
    @Test func anEnrollmentWaitsForRoom() async throws {
        let barrier = Barrier()
        let setup = Self.setup(
            Self.entry("first", seed: 1, heldBack: barrier), Self.entry("second", seed: 2), bytes: 15)
        try await Harness.run(setup) { harness in
            defer { barrier.open() }
            let (ann, ben) = (try await harness.user("ann"), try await harness.user("ben"))
            let answer = Task { try await ben.captioned(Harness.photo(1)) }
            for await _ in barrier.reached { break }
            var order = try Harness.order("zibo")
            order.model = "second"
            var (notes, enrolled) = ([String](), Enrolled?.none)
            for try await event in ann.enroll(order) {
                switch event {
                case .note(let note):
                    if note.contains("second no room") { barrier.open() }
                    notes.append(note)
                case .done(let done): enrolled = done
                default: break
                }
            }
            #expect(notes.contains { $0.contains("second no room") }, "\(notes)")
            #expect(notes.contains { $0.contains("second is being loaded") }, "\(notes)")
            #expect(try await !answer.value.answer.text.isEmpty)
            #expect(try await enrolled?.version.modelDigest == ann.status().models[1].digest)
            #expect(try await ann.concept("zibo").concept.model == "second")
            await ann.close()
            await ben.close()
        }
    }

    /// Nothing is left behind by one that is cancelled while it waits.
    @Test func anEnrollmentThatWaitsForRoomCanBeCancelled() async throws {
        let barrier = Barrier()
        let setup = Self.setup(
            Self.entry("first", seed: 1, heldBack: barrier), Self.entry("second", seed: 2), bytes: 15)
        try await Harness.run(setup) { harness in
            defer { barrier.open() }
            let (ann, ben) = (try await harness.user("ann"), try await harness.user("ben"))
            let answer = Task { try await ben.captioned(Harness.photo(1)) }
            for await _ in barrier.reached { break }
            var order = try Harness.order("zibo")
            order.model = "second"
            for try await event in ann.enroll(order) {
                if case .note(let note) = event, note.contains("second no room") { break }
            }
            try await eventually("the enrollment has ended") { try await ann.status().enrollments == 0 }
            #expect(try await ann.jobs().map(\.state) == ["cancelled"])
            barrier.open()
            #expect(try await !answer.value.answer.text.isEmpty)
            #expect(try await states(ann) == ["first ready", "second absent"])
            await ann.close()
            await ben.close()
        }
    }

    /// Each call that waits holds a picture: there are as many as may wait for answers, and they are shared out alike.
    @Test func onlySoManyCallsWaitForAModel() async throws {
        let gate = Latch()
        var setup = Self.setup(Self.entry("first", seed: 1), Self.entry("second", seed: 2) { gate.wait() })
        setup.configuration.concurrentAnswers = 1
        setup.configuration.waitingAnswers = 2
        try await Harness.run(setup) { harness in
            defer { gate.open() }
            let (ann, ben) = (try await harness.user("ann"), try await harness.user("ben"))
            let (waits, told) = AsyncStream.makeStream(of: Void.self)
            let waiting = { @Sendable (client: MyVLMClient) in
                var text = ""
                for try await event in client.caption(try Harness.photo(1), model: "second") {
                    switch event {
                    case .loading: told.yield()
                    case .piece: break
                    case .end(let answer): text = answer.text
                    }
                }
                return text
            }
            // Three places: two calls of ann's, and no third.
            var waiters = waits.makeAsyncIterator()
            let one = Task { try await waiting(ann) }
            _ = await waiters.next()
            let two = Task { try await waiting(ann) }
            _ = await waiters.next()
            let refused = await failure { _ = try await ann.captioned(Harness.photo(1), model: "second") }
            #expect(refused?.code == .resourceExhausted, "\(String(describing: refused))")
            let seen = await failure { _ = try await ann.recognize(Harness.photo(1), model: "second") }
            #expect(seen?.code == .resourceExhausted, "\(String(describing: seen))")
            // Somebody else's place is free, and models that are there are nobody's wait.
            let others = Task { try await waiting(ben) }
            _ = await waiters.next()
            #expect(try await !ann.captioned(Harness.photo(1), model: "first").answer.text.isEmpty)
            #expect(try await states(ann) == ["first ready", "second loading"])
            gate.open()
            // The runtime has the same places as the wait: all three are answered.
            for task in [one, two, others] { #expect(try await !task.value.isEmpty) }
            await ann.close()
            await ben.close()
        }
    }

    @Test func whoeverGivesUpLeavesTheModelToTheOthers() async throws {
        let gate = Latch()
        let setup = Self.setup(
            Self.entry("first", seed: 1), Self.entry("second", seed: 2) { gate.wait() }, bytes: 15)
        try await Harness.run(setup) { harness in
            defer { gate.open() }
            let (ann, ben) = (try await harness.user("ann"), try await harness.user("ben"))
            // The first to ask goes, having been told that it waits.
            for try await _ in ann.caption(try Harness.photo(1), model: "second") { break }
            let answer = Task { try await ben.captioned(Harness.photo(1), model: "second").answer.text }
            // What is being loaded is in the way of what was dropped for it.
            let refused = await failure { _ = try await ann.captioned(Harness.photo(1), model: "first") }
            #expect(
                refused?.code == .resourceExhausted && refused?.message.contains("second is in use") == true,
                "\(String(describing: refused))")
            gate.open()
            #expect(try await !answer.value.isEmpty)
            try await eventually("the first model is loaded again") {
                await failure { _ = try await ann.captioned(Harness.photo(1), model: "first") } == nil
            }
            #expect(try await states(ann) == ["first ready", "second absent"])
            await ann.close()
            await ben.close()
        }
    }

    @Test func aServerThatStopsWaitsForNoModel() async throws {
        let gate = Latch()
        let setup = Self.setup(Self.entry("first", seed: 1), Self.entry("second", seed: 2) { gate.wait() })
        try await Harness.run(setup) { harness in
            defer { gate.open() }
            let ann = try await harness.user("ann")
            let (waits, told) = AsyncStream.makeStream(of: Void.self)
            let waiting = Task {
                for try await event in ann.caption(try Harness.photo(1), model: "second") {
                    if case .loading = event { told.yield() }
                }
            }
            for await _ in waits { break }
            // Returns while the model is still being loaded.
            await harness.server.shutdown(grace: .zero)
            await #expect(throws: MyVLMError.self) { try await waiting.value }
            await ann.close()
        }
    }
}
