internal import Synchronization

/// A clock that stands still until it is advanced: loops made with it run their timers, deadlines and rate limits by
/// it, so that what depends on time is the same on every machine. For tests. Safe from any thread.
///
/// Limits on closing stay in real time: how long a closed socket lingers, and how long a shutdown waits.
package final class ManualTime: Sendable {
    private struct Alarm {
        let due: ContinuousClock.Instant
        let timer: LoopTimer
        weak var loop: EventLoop?
    }

    private struct State {
        var now = ContinuousClock.now
        var next: UInt64 = 0
        var alarms: [UInt64: Alarm] = [:]
    }

    private let state = Mutex(State())

    /// A clock that starts at the present time and stands still.
    package init() {}

    /// Its present time.
    package var now: ContinuousClock.Instant { state.withLock { $0.now } }

    /// How many timers wait.
    package var waiting: Int { state.withLock { $0.alarms.count } }

    /// Advances the clock. Every timer that comes due runs at its own time, on its loop's thread, one after the other,
    /// before this returns; so does what it adds.
    package func advance(by duration: Duration) async {
        let end = now + duration
        while let (timer, loop) = take(until: end) {
            await withCheckedContinuation { continuation in
                // Posted, not submitted: what was given to the loop before runs before.
                loop.post {
                    timer.fire()
                    continuation.resume()
                }
            }
        }
        state.withLock { $0.now = max($0.now, end) }
    }

    /// The next timer that is due, with the time set to when it is.
    private func take(until end: ContinuousClock.Instant) -> (LoopTimer, EventLoop)? {
        state.withLock { state in
            while let (id, alarm) = state.alarms.min(by: { ($0.value.due, $0.key) < ($1.value.due, $1.key) }),
                alarm.due <= end
            {
                state.alarms[id] = nil
                guard let loop = alarm.loop else { continue }
                state.now = max(state.now, alarm.due)
                return (alarm.timer, loop)
            }
            return nil
        }
    }

    /// Keeps a timer until it is due or removed.
    func add(_ timer: LoopTimer, after delay: Duration, on loop: EventLoop) -> UInt64 {
        state.withLock { state in
            state.next += 1
            state.alarms[state.next] = Alarm(due: state.now + max(delay, .zero), timer: timer, loop: loop)
            return state.next
        }
    }

    func remove(_ id: UInt64) {
        // Released after the lock: what a timer holds may need the lock when it is freed.
        _ = state.withLock { $0.alarms.removeValue(forKey: id) }
    }
}
