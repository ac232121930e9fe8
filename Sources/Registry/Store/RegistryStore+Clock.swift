internal import Foundations
internal import GRDB

/// Three clocks: the wall's for points in time that are stored and told, the steady one for waits and ages in this
/// process, and the sure one for what is destroyed when its time has come.
extension RegistryStore {
    /// Milliseconds since 1970, as the wall clock says now.
    var now: Int64 { configuration.clock() }

    /// Milliseconds of the steady clock.
    var steadyNow: Int64 { configuration.steadyClock() }

    /// Milliseconds since 1970 that have surely passed; see `SureClock`.
    public var sureNow: Int64 { sureClock.now }

    /// A stored time that lies in the future was written by a clock that was wrong: for a quota that counts a day it
    /// is as good as now, or the wait would be longer than the day.
    func mendFutureStarts(_ db: Database) throws {
        let now = now
        try db.execute(sql: "UPDATE job SET started_ms = ? WHERE started_ms > ?", arguments: [now, now])
    }

    /// How long a job has run in this process; 0 for one that an earlier process ran: how long that took nobody knows.
    func runningMs(_ job: String) -> Int64 {
        jobStarts.withLock { $0[job] }.map { max(0, steadyNow - $0) } ?? 0
    }
}
