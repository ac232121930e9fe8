import RPC
import Service
import Testing

@Suite struct EnrollmentGateTests {
    @Test func turnsComeInOrder() async throws {
        let gate = EnrollmentGate(running: 1, waiting: 10)
        let order = Locked<[Int]>([])
        let (release, releaser) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await gate.run(queued: { _ in }) { for await _ in release { break } }
        }
        while gate.counts.running == 0 { await Task.yield() }
        var waiters: [Task<Void, any Error>] = []
        for number in 0..<5 {
            waiters.append(
                Task {
                    try await gate.run(queued: { #expect($0 == number + 1) }) { order.update { $0.append(number) } }
                })
            while gate.counts.waiting <= number { await Task.yield() }
        }
        releaser.yield()
        try await first.value
        for waiter in waiters { try await waiter.value }
        #expect(order.value == [0, 1, 2, 3, 4])
        #expect(gate.counts.running == 0 && gate.counts.waiting == 0)
    }

    @Test func aCancelledWaitLeavesTheQueue() async throws {
        let gate = EnrollmentGate(running: 1, waiting: 1)
        let (release, releaser) = AsyncStream.makeStream(of: Void.self)
        let first = Task { try await gate.run(queued: { _ in }) { for await _ in release { break } } }
        while gate.counts.running == 0 { await Task.yield() }
        let ran = Locked(false)
        let second = Task { try await gate.run(queued: { _ in }) { ran.set(true) } }
        while gate.counts.waiting == 0 { await Task.yield() }
        await #expect(throws: RPCError.self) { try await gate.run(queued: { _ in }) { ran.set(true) } }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(gate.counts.waiting == 0 && !ran.value)
        releaser.yield()
        try await first.value
        #expect(gate.counts.running == 0)
    }

    @Test func aFailureGivesTheTurnBack() async throws {
        let gate = EnrollmentGate(running: 1, waiting: 1)
        await #expect(throws: CancellationError.self) {
            try await gate.run(queued: { _ in }) { throw CancellationError() }
        }
        #expect(try await gate.run(queued: { _ in }) { 3 } == 3)
    }
}
