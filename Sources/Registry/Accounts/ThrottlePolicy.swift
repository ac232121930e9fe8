/// When failed logins are slowed down, as a table: who is counted, how many failures are free, and how long the waits get.
///
/// | counted | free | first wait | longest | what it does |
/// |---|---|---|---|---|
/// | one account from one origin | 5 | 1 s | 15 min | refuses before the password is looked at |
/// | one account from origins that never knew its password | 100 | 1 s | 1 min | the same; familiar origins pass |
/// | one origin, whatever the accounts | 50 | 1 s | 15 min | one check at a time; wrong ones are told to wait |
///
/// Strangers cannot lock anybody out: an origin that an account has logged in from is slowed down by its own failures
/// alone, and the right password is accepted even from an origin where others have failed. Unknown names are counted
/// like known ones and answered alike, so that nothing tells which exist.
public struct ThrottlePolicy: Sendable, Equatable {
    /// One line of the table.
    public struct Rule: Sendable, Equatable {
        /// Failures before the first wait.
        public var free: Int
        /// The first wait; each further failure doubles it.
        public var firstWaitMs: Int64
        /// The longest wait.
        public var longestWaitMs: Int64

        /// A line.
        public init(free: Int, firstWaitMs: Int64 = 1_000, longestWaitMs: Int64) {
            self.free = free
            self.firstWaitMs = firstWaitMs
            self.longestWaitMs = longestWaitMs
        }

        func waitMs(_ failures: Int) -> Int64 {
            guard failures >= free else { return 0 }
            return min(longestWaitMs, firstWaitMs << Int64(min(failures - free, 30)))
        }
    }

    /// One account from one origin.
    public var pair = Rule(free: 5, longestWaitMs: 15 * 60_000)
    /// One account from all origins it has not logged in from.
    public var account = Rule(free: 100, longestWaitMs: 60_000)
    /// One origin, whatever the accounts.
    public var origin = Rule(free: 50, longestWaitMs: 15 * 60_000)
    /// Failures are forgotten after this long without a new one; at least the longest wait.
    public var forgetAfterMs: Int64 = 60 * 60_000
    /// How many keys, and how many familiar pairs, are remembered; beyond that the least recently used one is
    /// forgotten.
    public var capacity = 10_000

    /// The defaults above.
    public init() {}
}
