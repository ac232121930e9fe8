import Foundations
import Synchronization

/// Lets a bounded number of tasks in at a time, and a bounded number of each user; the others wait, and users take turns.
///
/// Safe from any thread. A wait ends at once with its task's cancellation.
package final class TurnGate: Sendable {
    private struct State {
        var inside = 0
        var held: [String: Int] = [:]
        var waiting = TurnQueue<String, Waiter>()
    }

    private typealias Waiter = Awaited<Void>
    private typealias Ticket = TurnQueue<String, Waiter>.Ticket

    private let limit: Int
    private let limitPerUser: Int
    private let state = Mutex(State())

    package init(limit: Int, perUser: Int) {
        self.limit = limit
        limitPerUser = perUser
    }

    /// Tasks that wait.
    package var waiting: Int { state.withLock { $0.waiting.count } }

    /// Runs `body` in the user's turn. Throws `CancellationError` when the task is cancelled before.
    package func run<T>(for user: String, _ body: () async throws -> T) async throws -> T {
        try await enter(user)
        defer { leave(user) }
        return try await body()
    }

    private func enter(_ user: String) async throws {
        let waiter = Waiter()
        let ticket = state.withLock { $0.waiting.append(unlimited: waiter, for: user) }
        letIn()
        try await waiter.value {
            // Whoever is no longer in the queue has been let in, and its place is given back by `run`.
            self.state.withLock { $0.waiting.remove(ticket) }?.finish(.failure(CancellationError()))
        }
    }

    private func letIn() {
        while let next = nextWaiter() { next.finish() }
    }

    private func nextWaiter() -> Waiter? {
        state.withLock { state in
            guard state.inside < limit else { return nil }
            let held = state.held
            guard let next = state.waiting.next(where: { user, _ in held[user] ?? 0 < limitPerUser }) else {
                return nil
            }
            state.inside += 1
            state.held[next.key, default: 0] += 1
            return next.element
        }
    }

    private func leave(_ user: String) {
        state.withLock { state in
            state.inside -= 1
            state.held[user, default: 0] -= 1
            if state.held[user] == 0 { state.held[user] = nil }
        }
        letIn()
    }
}
