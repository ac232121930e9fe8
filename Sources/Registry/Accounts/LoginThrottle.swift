/// Recent login failures, as a value: `admit` counts an attempt as failed before the password is checked, so that
/// parallel guesses cannot slip through; `succeeded`, `failed` or `abandoned` ends it. Times are those of a steady
/// clock.
package struct LoginThrottle: Sendable {
    private enum Key: Hashable {
        case pair(String, LoginOrigin)
        case account(String)
        case origin(LoginOrigin)
    }
    private struct Entry {
        var failures = 0
        var last: Int64
        var blockedUntil: Int64 = 0
        /// Attempts that are being checked now.
        var checking = 0
    }
    private let policy: ThrottlePolicy
    private var entries: [Key: Entry] = [:]
    /// When a right password last came from there.
    private var familiar: [Key: Int64] = [:]

    package init(_ policy: ThrottlePolicy) { self.policy = policy }

    /// How many keys are remembered.
    package var count: Int { entries.count }

    /// Milliseconds to wait, or nil when the attempt may go on; it then counts as failed, and is to be ended.
    package mutating func admit(account: String, origin: LoginOrigin, now: Int64) -> Int64? {
        let keys = keys(account, origin)
        forget(keys, now)
        // The origin is told to wait but is not locked out: somebody behind it may have the right password.
        let waits = keys.filter { $0 != .origin(origin) }.compactMap { wait($0, now) }
        if let wait = waits.max() { return wait }
        let place = entries[.origin(origin)] ?? Entry(last: now)
        if place.failures >= policy.origin.free, place.checking > 0 { return policy.origin.firstWaitMs }
        for key in keys { fail(key, now) }
        entries[.origin(origin)]?.checking += 1
        shrink(keeping: keys)
        return nil
    }

    /// The password was right: the pair's failures are forgotten, the other counters get their one back, and the origin
    /// is familiar to the account from now on.
    package mutating func succeeded(account: String, origin: LoginOrigin, now: Int64) {
        leave(origin)
        // The account's own count is one of strangers' failures: it was counted only where the origin was not familiar.
        for key in keys(account, origin) { giveBack(key) }
        entries[.pair(account, origin)] = nil
        familiar[.pair(account, origin)] = now
        guard familiar.count > policy.capacity else { return }
        let aged = familiar.sorted { $0.value < $1.value }.prefix(max(1, policy.capacity / 10))
        for (old, _) in aged { familiar[old] = nil }
    }

    /// The password was wrong, or nobody has the name. Milliseconds that the origin is told to wait, whoever it asked
    /// for; nil where it may be told that the password was wrong.
    package mutating func failed(origin: LoginOrigin, now: Int64) -> Int64? {
        leave(origin)
        return wait(.origin(origin), now)
    }

    /// The password was not checked: nothing was learnt, so nothing counts.
    package mutating func abandoned(account: String, origin: LoginOrigin) {
        leave(origin)
        for key in keys(account, origin) { giveBack(key) }
    }

    /// The counters of an attempt: for a familiar pair, the account's failures elsewhere do not count.
    private func keys(_ account: String, _ origin: LoginOrigin) -> [Key] {
        let pair = Key.pair(account, origin)
        return familiar[pair] == nil ? [pair, .account(account), .origin(origin)] : [pair, .origin(origin)]
    }

    private func rule(_ key: Key) -> ThrottlePolicy.Rule {
        switch key {
        case .pair: policy.pair
        case .account: policy.account
        case .origin: policy.origin
        }
    }

    private func wait(_ key: Key, _ now: Int64) -> Int64? {
        guard let entry = entries[key], entry.blockedUntil > now else { return nil }
        return min(entry.blockedUntil - now, rule(key).longestWaitMs)
    }

    private mutating func forget(_ keys: [Key], _ now: Int64) {
        for key in keys {
            if let entry = entries[key], now - entry.last > policy.forgetAfterMs, entry.checking == 0 {
                entries[key] = nil
            }
        }
    }

    private mutating func fail(_ key: Key, _ now: Int64) {
        var entry = entries[key] ?? Entry(last: now)
        entry.failures += 1
        entry.last = now
        let wait = rule(key).waitMs(entry.failures)
        if wait > 0 { entry.blockedUntil = now + wait }
        entries[key] = entry
    }

    private mutating func giveBack(_ key: Key) {
        guard var entry = entries[key] else { return }
        entry.failures -= 1
        if entry.failures < rule(key).free { entry.blockedUntil = 0 }
        entries[key] = entry.failures > 0 || entry.checking > 0 ? entry : nil
    }

    private mutating func leave(_ origin: LoginOrigin) { entries[.origin(origin)]?.checking -= 1 }

    private mutating func shrink(keeping keys: [Key]) {
        guard entries.count > policy.capacity else { return }
        // Rare and linear: a flood of names pays for itself by the cost of scrypt.
        let aged = entries.sorted { $0.value.last < $1.value.last }.prefix(max(1, policy.capacity / 10))
        for (old, entry) in aged where entry.checking == 0 && !keys.contains(old) { entries[old] = nil }
    }
}
