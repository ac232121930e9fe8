import Compute
import Foundations
import Runtime
import Testing
import WaitingTestSupport

@Suite(.timeLimit(.minutes(10))) struct ComputeQueueTests {
    @Test func oneJobRunsAtATime() async throws {
        let queue = ComputeQueue(label: "test")
        let inside = Locked(0)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<200 {
                group.addTask {
                    try await queue.run(index.isMultiple(of: 2) ? .answers : .training) {
                        let before = inside.withLock { value in
                            value += 1
                            return value
                        }
                        inside.withLock { $0 -= 1 }
                        return before
                    }
                }
            }
            for try await seen in group { #expect(seen == 1) }
        }
    }

    @Test func errorsComeBack() async {
        let queue = ComputeQueue(label: "test")
        await #expect(throws: RuntimeError.self) {
            try await queue.run(.answers) { throw RuntimeError(.invalidArgument, "no") }
        }
    }

    /// Both lanes are full before the first job ends; jobs of equal length then take turns by their shares.
    @Test func neitherLaneStarves() async throws {
        let (queue, pass) = Self.clock()
        let order = Locked<[ComputeQueue.Lane]>([])
        let open = Latch()
        queue.submit(.answers) { open.wait() }
        for lane in [ComputeQueue.Lane.training, .answers] {
            for _ in 0..<40 {
                queue.submit(lane) {
                    pass()
                    order.withLock { $0.append(lane) }
                }
            }
        }
        open.open()
        try await queue.run(.training) {}
        try await queue.run(.answers) {}
        let answers = order.value.prefix(40).count { $0 == .answers }
        #expect((29...31).contains(answers), "\(answers) of the first 40 jobs were answers")
        #expect(order.value.count == 80)
    }

    @Test func aCancelledJobThatHasNotStartedNeverRuns() async throws {
        let queue = ComputeQueue(label: "test")
        let open = Latch()
        let ran = Locked(false)
        queue.submit(.answers) { open.wait() }
        let task = Task { try await queue.run(.answers) { ran.withLock { $0 = true } } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        open.open()
        try await queue.run(.answers) {}
        #expect(!ran.value)
    }

    /// A second passes where a test says so.
    private static func clock() -> (queue: ComputeQueue, pass: @Sendable () -> Void) {
        let seconds = Locked(0.0)
        return (ComputeQueue(label: "test", time: { seconds.value }), { seconds.withLock { $0 += 1 } })
    }

    @Test func whoBringsManyJobsDelaysOthersByOne() async throws {
        let (queue, pass) = Self.clock()
        let order = Locked<[String]>([])
        let open = Latch()
        queue.submit(.answers, for: "flood") { open.wait() }
        for user in [String](repeating: "flood", count: 50) + ["quiet"] {
            queue.submit(.answers, for: user) {
                pass()
                order.withLock { $0.append(user) }
            }
        }
        open.open()
        try await eventually("51 jobs ran") { order.value.count == 51 }
        #expect(order.value.prefix(2).contains("quiet"), "\(order.value)")
    }

    /// A long job of one user is interrupted where it can be; nobody waits for all of it.
    @Test func aLongJobLetsOthersGoBeforeItsEnd() async throws {
        let (queue, pass) = Self.clock()
        let order = Locked<[String]>([])
        let (begun, open) = (Locked(false), Latch())
        queue.submit(.answers, for: "long") {
            begun.withLock { $0 = true }
            open.wait()
            for part in 0..<5 {
                pass()
                order.withLock { $0.append("long \(part)") }
                Pause.point()
            }
        }
        try await eventually("the job has begun") { begun.value }
        queue.submit(.answers, for: "long") { order.withLock { $0.append("its own next") } }
        queue.submit(.answers, for: "quiet") { order.withLock { $0.append("quiet") } }
        open.open()
        try await eventually("7 jobs ran") { order.value.count == 7 }
        #expect(order.value[1] == "quiet" && order.value[6] == "its own next", "\(order.value)")
    }

    /// Whoever interrupts a job may have as much as it has had by then, however much more they want.
    @Test func aLongJobIsNotInterruptedForEver() async throws {
        let (queue, pass) = Self.clock()
        let flood = Locked(0)
        let (begun, open, seen) = (Locked(false), Latch(), Locked(-1))
        queue.submit(.answers, for: "quiet") {
            begun.withLock { $0 = true }
            open.wait()
            for _ in 0..<20 {
                pass()
                Pause.point()
            }
            seen.withLock { $0 = flood.value }
        }
        try await eventually("the job has begun") { begun.value }
        for _ in 0..<200 {
            queue.submit(.answers, for: "flood") {
                pass()
                flood.withLock { $0 += 1 }
            }
        }
        open.open()
        try await eventually("the flood is over") { flood.value == 200 }
        #expect((19...21).contains(seen.value), "\(seen.value) jobs beside one of 20 parts")
    }

    /// A training step, however long, gives answers three quarters of the time it takes; and it goes on all the while.
    @Test func aTrainingStepGivesWayAndGoesOn() async throws {
        let (queue, pass) = Self.clock()
        let answered = Locked(0)
        let (begun, open, seen) = (Locked(false), Latch(), Locked(-1))
        queue.submit(.training) {
            begun.withLock { $0 = true }
            open.wait()
            for _ in 0..<100 {
                pass()
                Pause.point()
            }
            seen.withLock { $0 = answered.value }
        }
        try await eventually("the job has begun") { begun.value }
        for _ in 0..<1_000 {
            queue.submit(.answers, for: "anna") {
                pass()
                answered.withLock { $0 += 1 }
            }
        }
        open.open()
        try await eventually("all answers are given") { answered.value == 1_000 }
        #expect((290...310).contains(seen.value), "\(seen.value) answers beside a step of 100 parts")
    }

    /// The turn of the job that users share is that of whoever of them has had least.
    @Test func aSharedJobHasTheTurnOfItsMostPatientUser() async throws {
        let (queue, pass) = Self.clock()
        let order = Locked<[String]>([])
        let open = Latch()
        for _ in 0..<3 { queue.submit(.answers, for: "flood", pass) }
        queue.submit(.answers, for: "other") { open.wait() }
        for _ in 0..<5 { queue.submit(.answers, for: "flood") { order.withLock { $0.append("flood") } } }
        for user in ["flood", "quiet"] {
            queue.share(.answers, for: user) {
                order.withLock { $0.append("shared") }
                return ["quiet": 1, "flood": 1]
            }
        }
        open.open()
        try await eventually("6 jobs ran") { order.value.count == 6 }
        #expect(order.value.first == "shared" && order.value.count { $0 == "shared" } == 1)
    }
}
