import Foundations
import Runtime
import Testing
import VLM
import VLMTestSupport
import WaitingTestSupport

@Suite(.timeLimit(.minutes(10))) struct AnswerTests {
    /// What the model says when it is driven by hand, without the runtime.
    private static func byHand(_ model: any FrozenVLM, _ picture: RGBImage, tokens: Int) throws -> String {
        let features = try model.features(of: picture)
        let decoding = try model.begin(
            prefix: try model.prefix(for: features), concepts: [],
            prompt: try model.promptTokens(for: .caption(names: [])), capacity: tokens)
        var sampler = try TokenSampler(Sampling())
        var assembler = TextAssembler()
        for _ in 0..<tokens {
            let token = sampler.sample(decoding.logits)
            if model.stopTokens.contains(token) { break }
            _ = assembler.append(model.bytes(of: token))
            try model.step([decoding], tokens: [token])
        }
        _ = assembler.finish()
        return assembler.text
    }

    @Test func whereNothingFiresTheAnswerIsTheFrozenModels() async throws {
        let house = try TinyHouse()
        try await house.source.set(
            user: TinyHouse.user, name: "cup", artifact: try await house.enroll(1_000_001).artifact)
        let other = TinyHouse.picture(of: 1_000_900, view: 7)
        let answer = try await house.caption(other, sampling: Sampling(maximumTokens: 20))
        try #require(answer.recognitions.isEmpty)
        #expect(answer.text == (try Self.byHand(house.model, other, tokens: 20)))
        let frozen = try await house.caption(other, frozen: true, sampling: Sampling(maximumTokens: 20))
        #expect(frozen.text == answer.text)
    }

    @Test func aConceptFiresOnItsOwnPicturesAndNamesItself() async throws {
        let house = try TinyHouse()
        let (thing, concept) = try await house.recognisedThing()
        try await house.source.set(user: TinyHouse.user, name: "cup", artifact: concept.artifact)
        let answer = try await house.caption(TinyHouse.picture(of: thing, view: 0))
        #expect(answer.recognitions.map(\.concept) == ["cup"])
        #expect(answer.recognitions.first?.heat.count == 16)
        #expect(answer.modelDigest == house.model.identity.digest)
        // Another user has a concept of that name no less and no more than they made one.
        let stranger = try await house.caption(TinyHouse.picture(of: thing, view: 0), user: "bert")
        #expect(stranger.recognitions.isEmpty)
        #expect(stranger.conceptSetDigest != answer.conceptSetDigest)
    }

    /// Answers in one batch are bit for bit what each is alone, whoever else is decoding.
    @Test func answersDoNotDependOnTheirBatch() async throws {
        let house = try TinyHouse()
        let pictures = (0..<12).map { TinyHouse.picture(of: 2_000_000 + $0, view: 0) }
        var alone: [String] = []
        for (index, picture) in pictures.enumerated() {
            alone.append(
                try await house.caption(
                    picture, sampling: Sampling(temperature: 0.9, seed: UInt64(index), maximumTokens: 8 + index * 2)
                ).text)
        }
        let together = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for (index, picture) in pictures.enumerated() {
                group.addTask {
                    let sampling = Sampling(temperature: 0.9, seed: UInt64(index), maximumTokens: 8 + index * 2)
                    return (index, try await house.caption(picture, sampling: sampling).text)
                }
            }
            var texts = [String](repeating: "", count: pictures.count)
            for try await (index, text) in group { texts[index] = text }
            return texts
        }
        #expect(together == alone)
        let statistics = await house.vlm.statistics()
        #expect(statistics.admitted == 0)
        #expect(statistics.steppedAnswers > statistics.steps)
    }

    /// The concept is replaced again and again while answers stream: each is exactly the answer of the one version
    /// its digest names.
    @Test func swapsDuringStreamingNeverMixVersions() async throws {
        var configuration = RuntimeConfiguration()
        // Room for sixty answers of one user.
        configuration.maximumQueued = 120
        let house = try TinyHouse(configuration: configuration)
        let (thing, first) = try await house.recognisedThing()
        let picture = TinyHouse.picture(of: thing, view: 0)
        // The same head with rows turned the other way: both versions fire, and they say different things.
        let second = try ConceptArtifact(decoding: first.artifact).reversed().encoded()
        let versions = [
            (artifact: first.artifact, digest: first.digest),
            (artifact: second, digest: SHA256Digest.hex(second)),
        ]
        try #require(versions[0].digest != versions[1].digest)
        var offline: [String: String] = [:]
        for concept in versions {
            await house.source.clear(user: "offline")
            try await house.source.set(user: "offline", name: "cup", artifact: concept.artifact)
            offline[concept.digest] = try await house.caption(picture, user: "offline").text
        }
        try await house.source.set(user: TinyHouse.user, name: "cup", artifact: versions[0].artifact)
        try await withThrowingTaskGroup(of: AnswerEnd.self) { group in
            for index in 0..<60 {
                try await house.source.set(
                    user: TinyHouse.user, name: "cup", artifact: versions[index % 2].artifact)
                group.addTask { try await house.caption(picture) }
            }
            for try await answer in group {
                let version = try #require(answer.recognitions.first?.version)
                // Version 1 was versions[0]; from 2 on they alternate, beginning with versions[0] again.
                let digest = versions[version == 1 ? 0 : version % 2].digest
                #expect(answer.text == offline[digest])
            }
        }
    }

    @Test func aFullHouseRefusesAtOnce() async throws {
        var configuration = RuntimeConfiguration()
        configuration.maximumRunning = 1
        configuration.maximumQueued = 1
        // Nobody's answer gets any further until all have come.
        let door = Latch()
        let house = try TinyHouse(
            model: SteppedVLM(record: WorkRecord(behind: door)), configuration: configuration)
        let picture = TinyHouse.picture(of: 3, view: 0)
        let outcomes = try await withThrowingTaskGroup(of: RuntimeError.Code?.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    do {
                        _ = try await house.caption(picture)
                        return nil
                    } catch { return (error as? RuntimeError)?.code ?? .invalidArgument }
                }
            }
            try await eventually("all but two at most are refused") { await house.vlm.statistics().refused >= 18 }
            door.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains(.overloaded))
        #expect(outcomes.contains(nil))
        #expect(outcomes.allSatisfy { $0 == nil || $0 == .overloaded })
        #expect(try await house.caption(picture).timings.tokens > 0)
    }

    @Test func cancellingLeavesTheBatch() async throws {
        let house = try TinyHouse()
        let picture = TinyHouse.picture(of: 4, view: 0)
        let started = Locked(false)
        let task = Task {
            for try await event in house.vlm.answer(
                user: TinyHouse.user, picture: picture, task: .caption,
                sampling: Sampling(temperature: 2, maximumTokens: 256))
            {
                if case .text = event { started.withLock { $0 = true } }
            }
        }
        try await eventually("a piece of text came") { started.value }
        task.cancel()
        _ = await task.result
        try await eventually("the answer has left") { await house.vlm.statistics().admitted == 0 }
        try await eventually("nothing runs") { await house.vlm.statistics().running == 0 }
        #expect(try await house.caption(picture).timings.tokens > 0)
    }

    @Test func afterShutdownNobodyIsServed() async throws {
        let house = try TinyHouse()
        house.vlm.shutdown()
        await #expect {
            try await house.caption(TinyHouse.picture(of: 5, view: 0))
        } throws: {
            ($0 as? RuntimeError)?.code == .cancelled
        }
    }

    @Test func tokenLimitsAreKept() async throws {
        let house = try TinyHouse()
        let picture = TinyHouse.picture(of: 6, view: 0)
        let answer = try await house.caption(picture, sampling: Sampling(temperature: 2, maximumTokens: 3))
        #expect(answer.timings.tokens <= 3)
        await #expect {
            try await house.caption(picture, sampling: Sampling(maximumTokens: 10_000))
        } throws: {
            ($0 as? RuntimeError)?.code == .invalidArgument
        }
    }
}
