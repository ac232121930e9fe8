import Runtime
import Synchronization
import Testing
import VLM
import WaitingTestSupport

/// One user's flood made others wait for all of it, and three such users shut everybody else out. Time in these tests is
/// what the model was made to compute, so the bounds are exact whatever the machine does.
@Suite(.timeLimit(.minutes(10))) struct FloodTests {
    private let model = SteppedVLM()
    private let vlm: PersonalizedVLM

    init() throws {
        vlm = try PersonalizedVLM(
            model: model, negatives: try NegativeFeatures(features: model.negatives.features, mean: [0, 0]), faces: nil,
            concepts: InMemoryConceptSource(), decodeImage: { _ in RGBImage(width: 1, height: 1, pixels: [0, 0, 0]) },
            configuration: RuntimeConfiguration(), time: { [record = model.record] in record.seconds })
    }

    private func answer(_ user: String, tokens: Int, beams: Int? = nil) async throws {
        let search = try beams.map { try BeamSearch(beams: $0) }
        let picture = RGBImage(width: 1, height: 1, pixels: [0, 0, 0])
        let answer = vlm.answer(
            user: user, picture: picture, task: .question(user),
            sampling: Sampling(maximumTokens: tokens, search: search))
        for try await _ in answer {}
    }

    /// Users who each keep so many answers open until they are cancelled.
    private func floods(_ users: Int, open: Int, tokens: Int, beams: Int? = nil) -> [Task<Void, Never>] {
        (0..<users).flatMap { user in
            (0..<open).map { _ in
                Task {
                    while !Task.isCancelled {
                        // A refusal is what a flood is meant to get; it comes again at once.
                        do { try await answer("flood \(user)", tokens: tokens, beams: beams) } catch {
                            await letOthersRun()
                        }
                    }
                }
            }
        }
    }

    private func end(_ floods: [Task<Void, Never>]) async {
        for task in floods { task.cancel() }
        for task in floods { await task.value }
    }

    /// A caption takes what it takes alone for itself and for each of the n others, and one job of each at most.
    @Test(arguments: [(1, nil), (2, nil), (3, nil), (6, nil), (3, 8)] as [(Int, Int?)])
    func aCaptionBesideFloodsTakesItsShare(users: Int, beams: Int?) async throws {
        let floods = floods(users, open: 32, tokens: 200, beams: beams)
        try await eventually("the flood is under way") { model.record.done.count >= 200 }
        let tokens = 20
        try await answer("quiet", tokens: tokens)
        let done = model.record.done
        await end(floods)
        let first = try #require(done.firstIndex(of: .prefill("quiet")))
        let last = try #require(
            done.lastIndex { if case .step(let stepped) = $0 { stepped.contains("quiet") } else { false } })
        var own = 0
        for case .step(let stepped) in done[first...last] where stepped.contains("quiet") {
            own += 1
            #expect(stepped.count <= users + 1 && Set(stepped).count == stepped.count, "each user steps one sequence")
        }
        #expect(own == tokens - 1)
        let (vision, prefill) = (WorkRecord.Work.vision.seconds, WorkRecord.Work.prefill("").seconds)
        let alone = vision + prefill + Double(own) * WorkRecord.Work.step(["quiet"]).seconds
        let took = done[first...last].reduce(0) { $0 + $1.seconds }
        #expect(took <= Double(users + 1) * alone + Double(users) * vision, "\(took) beside \(users), \(alone) alone")
    }

    @Test func floodsLeaveAPlaceForAnother() async throws {
        let floods = floods(3, open: 60, tokens: 250)
        try await eventually("50 are refused") { await vlm.statistics().refused >= 50 }
        try await answer("quiet", tokens: 2)
        await #expect(throws: Never.self) { try await answer("quiet too", tokens: 2) }
        await end(floods)
        // Who listened has gone; the answers leave a moment later.
        try await eventually("all have left") { await vlm.statistics().admitted == 0 }
    }

    @Test func aRefusalNamesOnesOwnUseAndWhenToComeAgain() async throws {
        let floods = floods(1, open: 36, tokens: 250)
        try await eventually("36 are admitted") { await vlm.statistics().admitted == 36 }
        var refusal: RuntimeError?
        for _ in 0..<40 {
            do { try await answer("flood 0", tokens: 250) } catch { refusal = error as? RuntimeError }
            if refusal != nil { break }
        }
        await end(floods)
        #expect(refusal?.code == .overloaded && refusal?.retryAfterMs == 1_000)
        #expect(refusal?.message.hasPrefix("you have 36 of 72 places") == true, "\(refusal?.message ?? "")")
    }

    /// Answers that wait are cancelled while the batch stands still: their places are free before it goes on.
    @Test func waitingAnswersLeaveAtOnce() async throws {
        let floods = floods(1, open: 36, tokens: 250)
        try await eventually("36 are admitted") { await vlm.statistics().admitted == 36 }
        await end(floods)
        try await eventually("all have left") { await vlm.statistics().admitted == 0 }
        let steps = await vlm.statistics().steps
        try await answer("quiet", tokens: 3)
        #expect(await vlm.statistics().steps == steps + 2, "what was cancelled is stepped no more")
    }

    @Test func aSearchIsTheSameInHowManyRoundsItIsStepped() async throws {
        let floods = floods(2, open: 4, tokens: 100, beams: 5)
        try await answer("quiet", tokens: 10, beams: 4)
        await end(floods)
        try await eventually("all have left") { await vlm.statistics().running == 0 }
    }
}
