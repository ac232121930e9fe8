internal import Foundations

/// A monotonic clock: it advances with real time, whatever is done to the wall clock.
///
/// Waits and ages inside a process are counted with it. Points in time that people read, or that outlive the process,
/// are those of the wall clock.
public enum SteadyClock {
    private static let origin = ContinuousClock.now

    /// Milliseconds since the process first asked.
    @Sendable public static func milliseconds() -> Int64 {
        let passed = (ContinuousClock.now - origin).components
        return passed.seconds * 1_000 + passed.attoseconds / 1_000_000_000_000_000
    }
}

/// The wall clock's time, as far as it can be trusted: no more time passes than the steady clock counts, until the wall
/// clock has stayed ahead for a day. Permanent deletion goes by this clock, so that a wall clock set forward by mistake
/// deletes nothing. One that is set back is followed at once. Safe from any thread.
final class SureClock: Sendable {
    private struct State {
        /// Wall time less steady time.
        var lead: Int64
        /// Steady time since which the wall clock is ahead of what has passed.
        var aheadSince: Int64?
    }

    /// How long the wall clock must stay ahead to be trusted, milliseconds.
    static let probationMs: Int64 = 86_400_000
    private static let slackMs: Int64 = 60_000

    private let wall: @Sendable () -> Int64
    private let steady: @Sendable () -> Int64
    private let state: Locked<State>

    init(wall: @escaping @Sendable () -> Int64, steady: @escaping @Sendable () -> Int64) {
        self.wall = wall
        self.steady = steady
        state = Locked(State(lead: wall() - steady()))
    }

    /// Milliseconds since 1970 that have surely passed.
    var now: Int64 {
        let (wall, steady) = (wall(), steady())
        return state.withLock { state in
            let expected = steady + state.lead
            guard wall > expected + Self.slackMs else {
                state.aheadSince = nil
                state.lead = min(state.lead, wall - steady)
                return min(wall, expected)
            }
            let since = state.aheadSince ?? steady
            state.aheadSince = since
            guard steady - since >= Self.probationMs else { return expected }
            state.lead = wall - steady
            state.aheadSince = nil
            return wall
        }
    }
}
