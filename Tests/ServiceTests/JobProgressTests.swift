import Client
import Rules
import Runtime
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct JobProgressTests {
    private func step(_ number: Int) -> EnrollmentProgress {
        .step(
            TrainingStep(
                step: number, steps: 9, loss: 1, crossEntropy: 1, regularization: 0, secondsLeft: 0, sample: nil))
    }

    /// Who listens late hears stages and notes, and of the steps the last one.
    @Test func whatWasToldIsKeptForLaterListeners() {
        var progress = JobProgress()
        #expect(progress.take(.note("two before this one")) == nil)
        #expect(progress.take(.stage(.checkingPhotos)) == .checkingPhotos)
        #expect(progress.take(step(1)) == nil && progress.take(step(2)) == nil)
        #expect(progress.take(.stage(.committing)) == .committing)
        #expect(progress.history == [.note("two before this one"), .stage(.checkingPhotos), .stage(.committing)])
        #expect(progress.step?.step == 2)
    }

    @Test func aTalkativeJobFillsNoMemory() {
        var progress = JobProgress()
        for number in 0..<1_000 { _ = progress.take(.note("\(number)")) }
        #expect(progress.history.count == JobProgress.longestHistory && progress.history.first == .note("0"))
        // Its row is told all the same.
        #expect(progress.take(.stage(.committing)) == .committing)
    }

    /// The client is told the stages by the names its job's row has, all of them and in their order.
    @Test func everyStageIsToldInItsOrder() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            var stages: [EnrollmentStage] = []
            var id = ""
            for try await event in ann.enroll(try Harness.order("zibo")) {
                if case .job(let job) = event { id = job.id }
                if case .stage(let name) = event { stages.append(try #require(EnrollmentStage(rawValue: name))) }
            }
            #expect(stages == EnrollmentStage.allCases)
            #expect(try await ann.job(id).stage == EnrollmentStage.committing.rawValue)
            await ann.close()
        }
    }
}
