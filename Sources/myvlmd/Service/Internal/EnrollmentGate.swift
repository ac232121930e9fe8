import Foundations
import RPC
import Synchronization

/// Lets a bounded number of enrollments train, while others wait for the turns that `EnrollmentQueue` gives them.
///
/// Safe from any thread.
package final class EnrollmentGate: Sendable {
    /// A place that was taken; it is held until `leave`.
    package struct Ticket: Sendable {
        let place: EnrollmentQueue.Place
        /// How many come before it; 0 for one that may begin now.
        package let ahead: Int
    }

    private struct State {
        var queue: EnrollmentQueue
        /// Places whose turn has not come, each with what tells that it has.
        var waiting: [UInt64: Awaited<Void>] = [:]
    }

    private let state: Mutex<State>

    /// A gate.
    package init(running: Int, waiting: Int) {
        state = Mutex(State(queue: EnrollmentQueue(running: running, waiting: waiting)))
    }

    /// Enrollments that train now and that wait.
    package var counts: (running: Int, waiting: Int) { state.withLock { $0.queue.counts } }

    /// Takes a place for a user, before anything that needs it is created. Throws `resourceExhausted` when the queue or
    /// the user's share of it is full. With `always` a place is given regardless of the limits.
    package func enter(_ user: Int64, always: Bool = false) throws -> Ticket {
        let (entry, counts) = state.withLock { ($0.queue.enter(user, always: always), $0.queue.counts) }
        let message: String
        switch entry {
        case .runs(let place): return Ticket(place: place, ahead: 0)
        case .waits(let place, let ahead): return Ticket(place: place, ahead: ahead)
        case .fullForUser(let waiting):
            message = "\(waiting) of your enrollments wait already; wait for one, or cancel one: `myvlm jobs list`"
        case .full:
            message = "\(counts.running) enrollments train and \(counts.waiting) wait already; try again in a minute"
        }
        throw RPCError(code: .resourceExhausted, message: message, trailers: ["retry-after-ms": "60000"])
    }

    /// Waits for the turn of a place. Throws `CancellationError` when the task is cancelled before; the place must
    /// still be given back then.
    package func turn(_ ticket: Ticket) async throws {
        try Task.checkCancellation()
        let id = ticket.place.id
        let turn = Awaited<Void>()
        let hasCome = state.withLock { state in
            if state.queue.runs(ticket.place) { return true }
            state.waiting[id] = turn
            return false
        }
        if hasCome { turn.finish() }
        try await turn.value {
            self.state.withLock { $0.waiting[id] = nil }
            turn.finish(.failure(CancellationError()))
        }
    }

    /// Gives a place back, whether its turn had come or not.
    package func leave(_ ticket: Ticket) {
        let next = state.withLock { state in
            state.queue.leave(ticket.place).compactMap { state.waiting.removeValue(forKey: $0.id) }
        }
        for turn in next { turn.finish() }
    }
}
