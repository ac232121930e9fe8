import Runtime
import Testing

@Suite struct ComputeQueueTests {
    @Test func oneJobRunsAtATime() async throws {
        let queue = ComputeQueue(label: "test")
        let inside = Locked(0)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<200 {
                group.addTask {
                    try await queue.run(index.isMultiple(of: 2) ? .answers : .training) {
                        let before = inside.change { value in
                            value += 1
                            return value
                        }
                        inside.change { $0 -= 1 }
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

    /// Both lanes are full before the first job ends; jobs of equal length must then take turns by their shares.
    @Test func neitherLaneStarves() async throws {
        let queue = ComputeQueue(label: "test")
        let order = Locked<[ComputeQueue.Lane]>([])
        let open = Locked(false)
        queue.submit(.answers) { while !open.value {} }
        for lane in [ComputeQueue.Lane.training, .answers] {
            for _ in 0..<40 {
                queue.submit(lane) {
                    let end = ContinuousClock.now + .milliseconds(1)
                    while ContinuousClock.now < end {}
                    order.change { $0.append(lane) }
                }
            }
        }
        open.change { $0 = true }
        try await queue.run(.training) {}
        try await queue.run(.answers) {}
        let first = order.value.prefix(40)
        let answers = first.filter { $0 == .answers }.count
        #expect(answers > 15 && answers < 39, "\(answers) of the first 40 jobs were answers")
        #expect(order.value.count == 80)
    }

    @Test func aCancelledJobThatHasNotStartedNeverRuns() async throws {
        let queue = ComputeQueue(label: "test")
        let open = Locked(false)
        let ran = Locked(false)
        queue.submit(.answers) { while !open.value {} }
        let task = Task { try await queue.run(.answers) { ran.change { $0 = true } } }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        open.change { $0 = true }
        try await queue.run(.answers) {}
        #expect(!ran.value)
    }
}
