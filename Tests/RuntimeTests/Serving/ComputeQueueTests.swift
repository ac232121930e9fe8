import Runtime
import Synchronization
import Testing

@Suite struct ComputeQueueTests {
    @Test func oneJobRunsAtATime() async throws {
        let queue = ComputeQueue(label: "test")
        let inside = Mutex(0)
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

    /// Both lanes are full before the first job ends; jobs of equal length must then alternate by their shares.
    @Test func neitherLaneStarves() async throws {
        let queue = ComputeQueue(label: "test")
        let order = Mutex<[ComputeQueue.Lane]>([])
        let gate = Mutex(false)
        queue.submit(.answers) { while !gate.withLock({ $0 }) {} }
        await withTaskGroup(of: Void.self) { group in
            for lane in [ComputeQueue.Lane.training, .answers] {
                for _ in 0..<40 {
                    await withCheckedContinuation { (submitted: CheckedContinuation<Void, Never>) in
                        group.addTask {
                            await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
                                queue.submit(lane) {
                                    let end = ContinuousClock.now + .milliseconds(1)
                                    while ContinuousClock.now < end {}
                                    order.withLock { $0.append(lane) }
                                    done.resume()
                                }
                                submitted.resume()
                            }
                        }
                    }
                }
            }
            gate.withLock { $0 = true }
        }
        let first = order.withLock { Array($0.prefix(40)) }
        let answers = first.filter { $0 == .answers }.count
        #expect(answers > 15 && answers < 39, "\(answers) of the first 40 jobs were answers")
    }

    @Test func aCancelledJobThatHasNotStartedNeverRuns() async throws {
        let queue = ComputeQueue(label: "test")
        let gate = Mutex(false)
        let ran = Mutex(false)
        queue.submit(.answers) { while !gate.withLock({ $0 }) {} }
        let task = Task { try await queue.run(.answers) { ran.withLock { $0 = true } } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        gate.withLock { $0 = true }
        try await queue.run(.answers) {}
        #expect(!ran.withLock { $0 })
    }
}
