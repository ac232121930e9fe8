import Synchronization

/// A bounded number of requests in the house; the next one is refused at once instead of waiting without end.
final class Admission: Sendable {
    private struct State {
        var inside = 0
        var refused: UInt64 = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    var inside: Int { state.withLock { $0.inside } }
    var refused: UInt64 { state.withLock { $0.refused } }

    /// Throws `overloaded` when the house is full; otherwise `leave` must follow.
    func enter() throws {
        let entered = state.withLock { state in
            guard state.inside < limit else {
                state.refused += 1
                return false
            }
            state.inside += 1
            return true
        }
        guard entered else {
            throw RuntimeError(.overloaded, "all \(limit) places are taken: try again in a few seconds")
        }
    }

    func leave() {
        state.withLock { $0.inside -= 1 }
    }
}
