/// What each user has used of a machine that is given to one of them at a time, so that the one who had least is next.
///
/// Start-time fair queueing: time of the machine is charged to whom it was spent on, and while users want it, each gets
/// as much as every other. Who was away starts level with the one who is served: nothing is saved up. What was had
/// beyond the others stays owed, also by those who go away and come again. A value.
package struct FairShares<Key: Hashable & Sendable>: Sendable {
    /// How far the one who was served last had come; nobody is counted as having had less.
    package private(set) var level = 0.0
    private var used: [Key: Double] = [:]
    private var tidyAt = 64

    package init() {}

    /// Seconds a user had, as far as they count.
    package func used(_ key: Key) -> Double { max(used[key] ?? 0, level) }

    /// A user's turn begins.
    package mutating func begin(_ key: Key) { level = used(key) }

    /// Charges seconds to a user.
    package mutating func charge(_ key: Key, _ seconds: Double) {
        used[key] = used(key) + max(0, seconds)
        guard used.count >= tidyAt else { return }
        // Who is not ahead of the level is as good as new.
        used = used.filter { $0.value > level }
        tidyAt = max(64, 2 * used.count)
    }
}
