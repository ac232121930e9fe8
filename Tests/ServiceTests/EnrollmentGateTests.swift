import Foundations
import RPC
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct EnrollmentGateTests {
    @Test func aWaitEndsWithItsTurn() async throws {
        let gate = EnrollmentGate(running: 1, waiting: 10)
        let first = try gate.enter(1)
        try await gate.turn(first)
        let order = Locked<[Int64]>([])
        var waiters: [Task<Void, any Error>] = []
        for user: Int64 in [1, 1, 2, 3] {
            let ticket = try gate.enter(user)
            #expect(ticket.ahead > 0)
            waiters.append(
                Task {
                    try await gate.turn(ticket)
                    order.withLock { $0.append(user) }
                    gate.leave(ticket)
                })
        }
        #expect(gate.counts.running == 1 && gate.counts.waiting == 4)
        gate.leave(first)
        for waiter in waiters { try await waiter.value }
        // Who trained last is not first again, and each has its turn before the first's second.
        #expect(order.value == [2, 3, 1, 1])
        #expect(gate.counts.running == 0 && gate.counts.waiting == 0)
    }

    @Test func aCancelledWaitEndsAndLeavesNothing() async throws {
        let gate = EnrollmentGate(running: 1, waiting: 2)
        let first = try gate.enter(1)
        let second = try gate.enter(2)
        let wait = Task {
            defer { gate.leave(second) }
            try await gate.turn(second)
        }
        wait.cancel()
        await #expect(throws: CancellationError.self) { try await wait.value }
        #expect(gate.counts.running == 1 && gate.counts.waiting == 0)
        gate.leave(first)
        #expect(gate.counts.running == 0)
        let third = try gate.enter(3)
        try await gate.turn(third)
        gate.leave(third)
    }

    @Test func aTaskThatWasCancelledBeforeHasNoTurn() async throws {
        let gate = EnrollmentGate(running: 1, waiting: 2)
        let ticket = try gate.enter(1)
        #expect(ticket.ahead == 0)
        let task = Task {
            defer { gate.leave(ticket) }
            withUnsafeCurrentTask { $0?.cancel() }
            try await gate.turn(ticket)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(gate.counts.running == 0)
    }

    @Test func aFullQueueSaysWhatToDo() async throws {
        let gate = EnrollmentGate(running: 1, waiting: 2)
        let held = try [gate.enter(1), gate.enter(1)]
        let own = #expect(throws: RPCError.self) { try gate.enter(1) }
        #expect(own?.code == .resourceExhausted && own?.message.contains("cancel one") == true)
        let others = try [gate.enter(2), gate.enter(3, always: true)]
        let full = #expect(throws: RPCError.self) { try gate.enter(4) }
        #expect(full?.code == .resourceExhausted && full?.trailers["retry-after-ms"] == "60000")
        for ticket in held + others { gate.leave(ticket) }
        #expect(gate.counts.running == 0 && gate.counts.waiting == 0)
    }
}
