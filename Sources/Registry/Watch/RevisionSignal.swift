internal import Foundations

/// Wakes tasks that wait for a user's next change. Safe from any thread.
///
/// It fires after the commit, so whoever is woken reads the change. A signal between "nothing new yet" and the wait is
/// not lost: signals are counted, and a wait names the count it has seen.
final class RevisionSignal: Sendable {
    private struct State {
        var rings: [Int64: UInt64] = [:]
        var waiting: [Int64: [Awaited<Void>]] = [:]
        var isClosed = false
    }
    private let state = Locked(State())

    /// How many signals the user has had; read before looking for changes.
    func rings(_ userID: Int64) -> UInt64 { state.withLock { $0.rings[userID, default: 0] } }

    func ring(_ userID: Int64) {
        let woken = state.withLock { state in
            state.rings[userID, default: 0] += 1
            return state.waiting.removeValue(forKey: userID) ?? []
        }
        for waiter in woken { waiter.finish() }
    }

    /// Returns at the first signal after the count `seen`; throws `CancellationError` with its task, and
    /// `failedPrecondition` when the registry closes.
    func wait(_ userID: Int64, after seen: UInt64) async throws {
        let waiter = Awaited<Void>()
        try state.withLock { state in
            if state.isClosed { throw Self.closed }
            if state.rings[userID, default: 0] != seen {
                waiter.finish()
            } else {
                state.waiting[userID, default: []].append(waiter)
            }
        }
        try await waiter.value { [state] in
            state.withLock { $0.waiting[userID]?.removeAll { $0 === waiter } }
            waiter.finish(.failure(CancellationError()))
        }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting.values.flatMap { $0 }
        }
        for waiter in woken { waiter.finish(.failure(Self.closed)) }
    }

    private static let closed = RegistryError(.failedPrecondition, "the registry is closed; connect again")
}
