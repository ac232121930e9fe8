import RPC
import Synchronization

/// Lets a bounded number of enrollments train, and a bounded number wait in the order they came.
///
/// Safe from any thread. A wait ends with its task's cancellation.
package final class EnrollmentGate: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var running = 0
        var waiting: [Waiter] = []
        var cancelled: Set<UInt64> = []
        var nextID: UInt64 = 0
    }

    private enum Entry { case now, wait(UInt64, ahead: Int), full }

    private enum Outcome { case go, stop, full, wait }

    private let running: Int
    private let waiting: Int
    private let state = Mutex(State())

    /// A gate.
    package init(running: Int, waiting: Int) {
        self.running = running
        self.waiting = waiting
    }

    /// Enrollments that train now and that wait.
    package var counts: (running: Int, waiting: Int) { state.withLock { ($0.running, $0.waiting.count) } }

    /// Runs `body` in its turn. `queued` hears once how many stand before it when it cannot begin at once. Throws
    /// `resourceExhausted` when the queue is full, and `CancellationError` when the task ends before its turn.
    package func run<T>(queued: (Int) async throws -> Void, _ body: () async throws -> T) async throws -> T {
        let entry = state.withLock { state -> Entry in
            if state.running < running, state.waiting.isEmpty {
                state.running += 1
                return .now
            }
            guard state.waiting.count < waiting else { return .full }
            state.nextID += 1
            return .wait(state.nextID, ahead: state.running + state.waiting.count)
        }
        switch entry {
        case .now: break
        case .full:
            throw RPCError(
                code: .resourceExhausted,
                message: "\(running) enrollments train and \(waiting) wait already; try again in a minute",
                trailers: ["retry-after-ms": "60000"])
        case .wait(let id, let ahead):
            try await queued(ahead)
            try await turn(id)
        }
        defer { leave() }
        return try await body()
    }

    private func turn(_ id: UInt64) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome = state.withLock { state -> Outcome in
                    if state.cancelled.remove(id) != nil { return .stop }
                    if state.running < running, state.waiting.isEmpty {
                        state.running += 1
                        return .go
                    }
                    // The queue may have filled while the caller was told that it waits.
                    guard state.waiting.count < waiting else { return .full }
                    state.waiting.append(Waiter(id: id, continuation: continuation))
                    return .wait
                }
                switch outcome {
                case .go: continuation.resume()
                case .stop: continuation.resume(throwing: CancellationError())
                case .full:
                    continuation.resume(
                        throwing: RPCError(
                            code: .resourceExhausted, message: "the queue is full; try again in a minute",
                            trailers: ["retry-after-ms": "60000"]))
                case .wait: break
                }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiting.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.waiting.remove(at: index)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
        // A cancellation that came after the turn did leaves its mark behind.
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    private func leave() {
        let next = state.withLock { state -> Waiter? in
            if state.waiting.isEmpty {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.continuation.resume()
    }
}
