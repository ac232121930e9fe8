import Dispatch
import Synchronization

/// Where heavy arithmetic runs: one thread at a time off the cooperative pool, with two lanes.
///
/// The kernels spread one job over all cores, so jobs side by side would only fight for them. Jobs are short (a vision
/// pass, one decoding step of all answers, one training step). When both lanes wait, the one that has used less of
/// its share goes first: answers get `answerShare` of the time, enrollment the rest, and neither starves. A lane that
/// was idle starts level with the other; it cannot save time up. Safe from any thread.
package final class ComputeQueue: Sendable {
    /// Who asks.
    package enum Lane: Int, Sendable {
        case answers = 0
        case training = 1
    }

    /// The share of time answers get while an enrollment waits too.
    static let answerShare = 0.75

    private struct Job {
        let id: UInt64
        let run: @Sendable () -> Void
    }

    private struct State {
        var lanes: [[Job]] = [[], []]
        /// Seconds used, divided by the lane's share.
        var used: [Double] = [0, 0]
        var nextID: UInt64 = 0
    }

    private let state = Mutex(State())
    private let queue: DispatchQueue

    /// A queue with its own thread.
    package init(label: String) {
        queue = DispatchQueue(label: label, qos: .userInitiated)
    }

    /// Runs `body` in its turn and returns its result. Throws `CancellationError` when the task is cancelled before
    /// the job starts; a started job runs to its end.
    package func run<R: Sendable>(_ lane: Lane, _ body: @escaping @Sendable () throws -> R) async throws -> R {
        let outcome = Outcome<R>()
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                outcome.wait(continuation)
                submit(lane, id: id) { outcome.finish(Result { try body() }) }
                if Task.isCancelled { cancel(lane, id: id, outcome) }
            }
        } onCancel: {
            cancel(lane, id: id, outcome)
        }
    }

    /// Runs `body` in its turn; nobody waits for it.
    package func submit(_ lane: Lane, _ body: @escaping @Sendable () -> Void) {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        submit(lane, id: id, body)
    }

    private func submit(_ lane: Lane, id: UInt64, _ body: @escaping @Sendable () -> Void) {
        state.withLock { state in
            if state.lanes[lane.rawValue].isEmpty {
                state.used[lane.rawValue] = max(state.used[lane.rawValue], state.used[1 - lane.rawValue])
            }
            state.lanes[lane.rawValue].append(Job(id: id, run: body))
        }
        queue.async { self.runNext() }
    }

    private func cancel<R>(_ lane: Lane, id: UInt64, _ outcome: Outcome<R>) {
        let removed = state.withLock { state in
            guard let index = state.lanes[lane.rawValue].firstIndex(where: { $0.id == id }) else { return false }
            state.lanes[lane.rawValue].remove(at: index)
            return true
        }
        if removed { outcome.finish(.failure(CancellationError())) }
    }

    private func runNext() {
        let next = state.withLock { state -> (Int, Job)? in
            let waiting = [0, 1].filter { !state.lanes[$0].isEmpty }
            guard let lane = waiting.min(by: { state.used[$0] < state.used[$1] }) else { return nil }
            return (lane, state.lanes[lane].removeFirst())
        }
        guard let (lane, job) = next else { return }
        let start = ContinuousClock.now
        job.run()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let share = lane == 0 ? Self.answerShare : 1 - Self.answerShare
        state.withLock { $0.used[lane] += seconds / share }
    }
}

/// Carries one result from the thread that makes it to the task that waits, whichever comes first.
private final class Outcome<R: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<R, any Error>?
        var result: Result<R, any Error>?
    }

    private let state = Mutex(State())

    func wait(_ continuation: CheckedContinuation<R, any Error>) {
        let ready = state.withLock { state -> Result<R, any Error>? in
            if let result = state.result { return result }
            state.continuation = continuation
            return nil
        }
        if let ready { continuation.resume(with: ready) }
    }

    func finish(_ result: sending Result<R, any Error>) {
        let result = result
        let continuation = state.withLock { state -> CheckedContinuation<R, any Error>? in
            defer { state.continuation = nil }
            if state.continuation == nil { state.result = result }
            return state.continuation
        }
        continuation?.resume(with: result)
    }
}
