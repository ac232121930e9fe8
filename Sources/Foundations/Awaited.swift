internal import Synchronization

/// One result, carried from whoever makes it to the one task that waits for it, whichever comes first. Safe from any
/// thread.
///
/// Every queue whose waiters can be cancelled keeps these: the queue's own lock decides whether a turn or a cancellation
/// came first, and hands the result to `finish`, of which only the first one counts.
public final class Awaited<Value: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(CheckedContinuation<Value, any Error>)
        case ready(Result<Value, any Error>)
        case taken
    }

    private let state = Mutex(State.empty)

    /// No result yet.
    public init() {}

    /// Hands the result over; false, and nothing happens, where there was one before.
    @discardableResult
    public func finish(_ result: Result<Value, any Error>) -> Bool {
        let (continuation, isFirst) = state.withLock { state -> (CheckedContinuation<Value, any Error>?, Bool) in
            switch state {
            case .empty:
                state = .ready(result)
                return (nil, true)
            case .waiting(let continuation):
                state = .taken
                return (continuation, true)
            case .ready, .taken: return (nil, false)
            }
        }
        continuation?.resume(with: result)
        return isFirst
    }

    /// Waits for the result; to be called once. `onCancel` runs when the task is cancelled before or while it waits, and
    /// must see to it that a result comes: that of the turn that was already given, or `CancellationError`.
    public func value(onCancel: @escaping @Sendable () -> Void) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
                let ready = state.withLock { state -> Result<Value, any Error>? in
                    switch state {
                    case .ready(let result):
                        state = .taken
                        return result
                    case .empty:
                        state = .waiting(continuation)
                        return nil
                    case .waiting, .taken: preconditionFailure("a result is awaited once")
                    }
                }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            onCancel()
        }
    }
}

extension Awaited where Value == Void {
    /// The turn has come.
    @discardableResult
    public func finish() -> Bool { finish(.success(())) }
}
