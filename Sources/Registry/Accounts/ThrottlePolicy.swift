/// When failed logins are slowed down: per account and address, and per address alone against one guess on many names.
public struct ThrottlePolicy: Sendable, Equatable {
    /// Failures of one account from one address before the first wait.
    public var freeAttempts = 5
    /// Failures from one address, whatever the accounts, before the first wait.
    public var freeAttemptsPerAddress = 50
    /// The first wait; each further failure doubles it.
    public var firstWaitMs: Int64 = 1_000
    /// The longest wait.
    public var longestWaitMs: Int64 = 15 * 60_000
    /// Quiet for this long forgets the failures; at least the longest wait.
    public var forgetAfterMs: Int64 = 60 * 60_000
    /// Remembered keys; beyond it the one quiet for longest is forgotten.
    public var capacity = 10_000

    /// The defaults above.
    public init() {}
}

/// The failures of late, as a value: `admit` counts an attempt as failed before the password is checked, so that
/// parallel guesses cannot slip through; `succeeded` takes it back.
package struct LoginThrottle: Sendable {
    private struct Entry {
        var failures = 0
        var last: Int64
        var blockedUntil: Int64 = 0
    }
    private let policy: ThrottlePolicy
    private var entries: [String: Entry] = [:]

    package init(_ policy: ThrottlePolicy) { self.policy = policy }

    /// How many keys are remembered.
    package var count: Int { entries.count }

    /// Milliseconds to wait, or nil when the attempt may go on; it then counts as failed.
    package mutating func admit(account: String, address: String, now: Int64) -> Int64? {
        let keys = Self.keys(account: account, address: address)
        let waits = keys.compactMap { key in entries[key].map { $0.blockedUntil - now } }.filter { $0 > 0 }
        if let wait = waits.max() { return wait }
        let limits = [policy.freeAttempts, policy.freeAttemptsPerAddress]
        for (key, free) in zip(keys, limits) { fail(key, free: free, now: now) }
        return nil
    }

    /// The attempt was right: the account's failures are forgotten, the address gets its one back.
    package mutating func succeeded(account: String, address: String) {
        let keys = Self.keys(account: account, address: address)
        entries[keys[0]] = nil
        guard var entry = entries[keys[1]] else { return }
        entry.failures -= 1
        if entry.failures < policy.freeAttemptsPerAddress { entry.blockedUntil = 0 }
        entries[keys[1]] = entry.failures > 0 ? entry : nil
    }

    private static func keys(account: String, address: String) -> [String] {
        // An address has no NUL, so the two kinds of key never meet.
        ["\(address)\u{0}\(account)", address]
    }

    private mutating func fail(_ key: String, free: Int, now: Int64) {
        var entry = entries[key] ?? Entry(last: now)
        if now - entry.last > policy.forgetAfterMs { entry = Entry(last: now) }
        entry.failures += 1
        entry.last = now
        if entry.failures >= free {
            let doublings = min(entry.failures - free, 30)
            entry.blockedUntil = now + min(policy.longestWaitMs, policy.firstWaitMs << Int64(doublings))
        }
        entries[key] = entry
        guard entries.count > policy.capacity else { return }
        // Rare and linear: a flood of names pays for itself by the cost of scrypt.
        let aged = entries.sorted { $0.value.last < $1.value.last }.prefix(max(1, policy.capacity / 10))
        for (old, _) in aged where old != key { entries[old] = nil }
    }
}
