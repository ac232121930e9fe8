internal import Foundations
internal import GRDB

/// Three clocks: the wall clock for points in time that are stored and shown, the steady one for waits and ages in this
/// process, and the sure one for data that is deleted when it expires.
extension RegistryStore {
    /// Milliseconds since 1970, as the wall clock says now.
    var now: Int64 { configuration.clock() }

    /// Milliseconds of the steady clock.
    var steadyNow: Int64 { configuration.steadyClock() }

    /// Milliseconds since 1970 that have surely passed; see `SureClock`.
    public var sureNow: Int64 { sureClock.now }

    /// A stored time in the future was written by a clock that was wrong: a daily quota treats it as now, or the wait
    /// would be longer than a day.
    func mendFutureStarts(_ db: Database) throws {
        let now = now
        try db.execute(sql: "UPDATE job SET started_ms = ? WHERE started_ms > ?", arguments: [now, now])
    }

    /// How long a job has run in this process; 0 for one that an earlier process ran, whose running time is unknown.
    func runningMs(_ job: String) -> Int64 {
        jobStarts.withLock { $0[job] }.map { max(0, steadyNow - $0) } ?? 0
    }
}
