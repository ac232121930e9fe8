/// Failed logins that are not in the audit log yet, as a value: one row per account and minute, with a count.
///
/// Strangers cannot fill the disk with rows: all accounts together get a hundred at once and two a minute after that,
/// and names that nobody has share a single row. What waits is counted, not lost. Times are those of a steady clock.
package struct FailedLogins: Sendable {
    /// A row to be written.
    package struct Row: Sendable, Equatable {
        /// The account; nil for names that nobody has.
        package let userID: Int64?
        package let count: Int
    }

    private static let betweenRowsMs: Int64 = 60_000
    private static let burst = 100.0
    private static let rowsPerMinute = 2.0

    private var waiting: [Int64?: Int] = [:]
    private var written: [Int64?: Int64] = [:]
    private var budget = burst
    private var filledAt: Int64 = 0

    package init() {}

    /// Records a failure.
    package mutating func note(_ userID: Int64?) { waiting[userID, default: 0] += 1 }

    /// Takes the rows that are due; whoever takes them writes them or puts them back.
    package mutating func takeDue(now: Int64) -> [Row] {
        budget = min(Self.burst, budget + Double(max(0, now - filledAt)) * Self.rowsPerMinute / 60_000)
        filledAt = now
        written = written.filter { now - $0.value < Self.betweenRowsMs }
        var rows: [Row] = []
        for (userID, count) in waiting.sorted(by: { ($0.value, $1.key ?? 0) > ($1.value, $0.key ?? 0) })
        where written[userID] == nil && budget >= 1 {
            budget -= 1
            written[userID] = now
            waiting[userID] = nil
            rows.append(Row(userID: userID, count: count))
        }
        return rows
    }

    /// Everything, for the end of the process.
    package mutating func takeAll() -> [Row] {
        defer { waiting = [:] }
        return waiting.map { Row(userID: $0.key, count: $0.value) }.sorted { $0.userID ?? 0 < $1.userID ?? 0 }
    }

    /// Puts back rows that could not be written.
    package mutating func putBack(_ rows: [Row]) {
        for row in rows {
            waiting[row.userID, default: 0] += row.count
            written[row.userID] = nil
        }
    }
}
