/// Wakes who waits for a user's next change. Safe from any thread.
///
/// Rings after the commit, so whoever is woken reads the change. A ring between "nothing new yet" and the wait is not
/// lost: the bell counts its rings and a wait names the count it has seen.
final class RevisionBell: Sendable {
    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var rings: [Int64: UInt64] = [:]
        var waiting: [Int64: [Waiter]] = [:]
        var nextID: UInt64 = 0
        var cancelled: Set<UInt64> = []
        var isClosed = false
    }
    private enum Outcome { case wait, go, stop, closed }
    private let state = Guarded(State())

    /// How often it rang for the user; read before looking for changes.
    func rings(_ userID: Int64) -> UInt64 { state.withLock { $0.rings[userID, default: 0] } }

    func ring(_ userID: Int64) {
        let woken = state.withLock { state in
            state.rings[userID, default: 0] += 1
            return state.waiting.removeValue(forKey: userID) ?? []
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    /// Returns at the first ring after the count `seen`; throws `CancellationError` with its task, and
    /// `failedPrecondition` when the registry closes.
    func wait(_ userID: Int64, after seen: UInt64) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let outcome = state.withLock { state -> Outcome in
                    if state.cancelled.remove(id) != nil { return .stop }
                    if state.isClosed { return .closed }
                    if state.rings[userID, default: 0] != seen { return .go }
                    state.waiting[userID, default: []].append(Waiter(id: id, continuation: continuation))
                    return .wait
                }
                switch outcome {
                case .wait: break
                case .go: continuation.resume()
                case .stop: continuation.resume(throwing: CancellationError())
                case .closed: continuation.resume(throwing: Self.closed)
                }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.waiting[userID]?.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.waiting[userID]?.remove(at: index)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting.values.flatMap { $0 }
        }
        for waiter in woken { waiter.continuation.resume(throwing: Self.closed) }
    }

    private static let closed = RegistryError(.failedPrecondition, "the registry is closed; connect again")
}
