import Foundations
import Runtime
import Testing
import VLM
import WaitingTestSupport

/// Enrollments that run at the same time train in one batch, and none can tell.
@Suite(.timeLimit(.minutes(10))) struct SharedTrainingTests {
    private func request(_ house: TinyHouse, thing: UInt64, steps: Int, task: EnrollmentTask = .caption) throws
        -> EnrollmentRequest
    {
        var settings = house.model.trainingDefaults
        settings.steps = steps
        settings.checkpoints = stride(from: 4, to: steps, by: 4).map { $0 }
        return EnrollmentRequest(
            kind: .object, identifier: "Zibo\(thing % 10)", classNoun: "cup", photos: try TinyHouse.photos(of: thing),
            training: settings, task: task)
    }

    @Test func sharingAStepChangesNoByte() async throws {
        let alone = try TinyHouse()
        var long = try request(alone, thing: 1_000_021, steps: 400)
        // Without checkpoints it never ends early: the others find it still training.
        long.training?.checkpoints = []
        let requests = [
            long, try request(alone, thing: 1_000_022, steps: 9),
            try request(alone, thing: 1_000_023, steps: 12, task: .vqa), try request(alone, thing: 1_000_024, steps: 7),
        ]
        var expected: [[UInt8]] = []
        for request in requests { expected.append(try await alone.vlm.enroller.enroll(request) { _ in }.artifact) }
        let before = alone.vlm.enroller.trainingStatistics
        #expect(before.steps == before.steppedTrainings, "one after the other shares nothing")

        let house = try TinyHouse()
        let together = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
            for (index, request) in requests.enumerated() {
                group.addTask { (index, try await house.vlm.enroller.enroll(request) { _ in }.artifact) }
            }
            var artifacts = [[UInt8]](repeating: [], count: requests.count)
            for try await (index, artifact) in group { artifacts[index] = artifact }
            return artifacts
        }
        for (index, artifact) in together.enumerated() { #expect(artifact == expected[index], "request \(index)") }
        let statistics = house.vlm.enroller.trainingStatistics
        #expect(statistics.steppedTrainings == before.steppedTrainings)
        #expect(statistics.steps < statistics.steppedTrainings, "no step was shared")
    }

    /// One that is cancelled or cannot be trained leaves the batch; the one beside it goes on as if alone.
    @Test func oneThatEndsBadlyHarmsNoOther() async throws {
        let house = try TinyHouse()
        var good = try request(house, thing: 1_000_025, steps: 300)
        good.training?.checkpoints = []
        let expected = try await house.vlm.enroller.enroll(good) { _ in }.artifact
        var endless = try request(house, thing: 1_000_026, steps: 1000)
        endless.training?.checkpoints = []
        var diverging = try request(house, thing: 1_000_027, steps: 50)
        diverging.training?.learningRate = .greatestFiniteMagnitude
        let (begun, asked) = (Locked(false), Latch())
        let (kept, wild, dropped) = (good, diverging, endless)
        async let survivor = house.vlm.enroller.enroll(kept) { _ in }.artifact
        let failing = Task { try await house.vlm.enroller.enroll(wild) { _ in } }
        let cancelled = Task {
            try await house.vlm.enroller.enroll(dropped) { event in
                // On the thread of the training: it takes no further step until its end was asked for.
                guard case .step = event else { return }
                begun.withLock { $0 = true }
                asked.wait()
            }
        }
        try await eventually("a step was taken") { begun.value }
        cancelled.cancel()
        asked.open()
        await #expect { try await cancelled.value } throws: { ($0 as? RuntimeError)?.code == .cancelled }
        await #expect { try await failing.value } throws: { ($0 as? RuntimeError)?.code == .invalidArgument }
        #expect(try await survivor == expected)
    }
}
