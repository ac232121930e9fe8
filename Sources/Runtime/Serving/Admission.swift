import Synchronization

/// Places for requests, of which each user may have as many as are left free: alone half of them, beside n others who take
/// what they can an equal part, and as much again is always free for whoever comes next. A value.
package struct AdmissionPlaces: Sendable {
    package let limit: Int
    package private(set) var inside = 0
    private var held: [String: Int] = [:]

    package init(limit: Int) { self.limit = limit }

    /// Places a user has.
    package func held(by user: String) -> Int { held[user] ?? 0 }

    /// Takes a place; false where there is none for this user.
    package mutating func enter(_ user: String) -> Bool {
        guard held(by: user) < limit - inside else { return false }
        inside += 1
        held[user, default: 0] += 1
        return true
    }

    /// Hands a place back.
    package mutating func leave(_ user: String) {
        inside -= 1
        held[user, default: 0] -= 1
        if held[user] == 0 { held[user] = nil }
    }
}

/// Bounds how many requests the runtime works on; the next one is refused at once instead of waiting without end.
package final class Admission: Sendable {
    /// What a refusal says of when to come again: most requests are over by then.
    static let retryAfterMs: Int64 = 1_000

    private struct State {
        var places: AdmissionPlaces
        var refused: UInt64 = 0
    }

    private let limit: Int
    private let state: Mutex<State>

    /// As many places as `limit`.
    package init(limit: Int) {
        self.limit = limit
        state = Mutex(State(places: AdmissionPlaces(limit: limit)))
    }

    var inside: Int { state.withLock { $0.places.inside } }
    var refused: UInt64 { state.withLock { $0.refused } }

    /// Throws `overloaded`, with the time to wait, when there is no place for this user; otherwise `leave` must follow.
    package func enter(_ user: String) throws {
        let refusal = state.withLock { state -> (own: Int, free: Int)? in
            guard !state.places.enter(user) else { return nil }
            state.refused += 1
            return (state.places.held(by: user), limit - state.places.inside)
        }
        guard let refusal else { return }
        let why =
            refusal.free == 0
            ? "all \(limit) places are taken, \(refusal.own) of them by you"
            : "you have \(refusal.own) of \(limit) places, and the \(refusal.free) free ones are kept for others"
        throw RuntimeError(
            .overloaded, "\(why): try again in a second, or when one of your requests is over",
            retryAfterMs: Self.retryAfterMs)
    }

    /// Hands a place back.
    package func leave(_ user: String) {
        state.withLock { $0.places.leave(user) }
    }
}
