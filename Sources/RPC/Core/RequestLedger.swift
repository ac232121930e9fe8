/// Whose calls and bytes are counted together.
public enum CallAccount: Hashable, Sendable {
    /// A known caller, by a number of the application.
    case user(Int64)
    /// Calls without a known caller, by address.
    case stranger(String)
}

/// How many calls may be open and how many bytes of request messages may be kept, before anything is read.
public struct RequestBounds: Sendable, Equatable {
    /// Calls open at once.
    public var calls: Int
    /// Calls of one account.
    public var callsPerAccount: Int
    /// Bytes of request messages that arrive, wait, or are in a handler's hands.
    public var bytes: Int
    /// Bytes of one account.
    public var bytesPerAccount: Int

    /// Bounds.
    public init(calls: Int, callsPerAccount: Int, bytes: Int, bytesPerAccount: Int) {
        self.calls = calls
        self.callsPerAccount = callsPerAccount
        self.bytes = bytes
        self.bytesPerAccount = bytesPerAccount
    }
}

/// Open calls and the memory of their requests, by account. Pure; everything is counted before it is read.
///
/// No account may hold more bytes than are left for the others: the fuller the ledger is, the less one account may
/// take, so that a new caller always finds room.
public struct RequestLedger: Sendable {
    /// Why there is no room.
    public enum Refusal: Error, Sendable, Equatable {
        /// The account already has that many calls open.
        case tooManyCalls(Int)
        /// That many calls are open altogether.
        case tooManyCallsInAll
        /// The account's messages would take more than it may have.
        case tooManyBytes(limit: Int)
        /// All messages together would take too much now.
        case tooManyBytesInAll
    }

    private struct Use {
        var calls = 0
        var bytes = 0
    }

    private struct Pool {
        let bounds: RequestBounds
        var calls = 0
        var bytes = 0
        var accounts: [CallAccount: Use] = [:]
    }

    private var users: Pool
    private var strangers: Pool
    private var peak = 0

    /// An empty ledger; calls without a known caller have bounds of their own.
    public init(users: RequestBounds, strangers: RequestBounds) {
        self.users = Pool(bounds: users)
        self.strangers = Pool(bounds: strangers)
    }

    /// Bytes kept now.
    public var bytes: Int { users.bytes + strangers.bytes }

    /// Calls open now.
    public var calls: Int { users.calls + strangers.calls }

    /// Counts a call in.
    public mutating func open(_ account: CallAccount) throws(Refusal) {
        try change(account) { (pool: inout Pool, use: inout Use) throws(Refusal) in
            guard use.calls < pool.bounds.callsPerAccount else { throw .tooManyCalls(use.calls) }
            guard pool.calls < pool.bounds.calls else { throw .tooManyCallsInAll }
            use.calls += 1
            pool.calls += 1
        }
    }

    /// Counts bytes of a call that is open.
    public mutating func reserve(_ bytes: Int, _ account: CallAccount) throws(Refusal) {
        try change(account) { (pool: inout Pool, use: inout Use) throws(Refusal) in
            guard use.bytes + bytes <= pool.bounds.bytesPerAccount else {
                throw .tooManyBytes(limit: pool.bounds.bytesPerAccount)
            }
            guard use.bytes + bytes <= pool.bounds.bytes - pool.bytes else { throw .tooManyBytesInAll }
            use.bytes += bytes
            pool.bytes += bytes
        }
        peak = max(peak, self.bytes)
    }

    /// Releases bytes.
    public mutating func release(_ bytes: Int, _ account: CallAccount) {
        change(account) { pool, use in
            use.bytes -= bytes
            pool.bytes -= bytes
        }
    }

    /// Ends a call; `bytes` is what it still holds.
    public mutating func close(_ account: CallAccount, bytes: Int) {
        change(account) { pool, use in
            use.calls -= 1
            use.bytes -= bytes
            pool.calls -= 1
            pool.bytes -= bytes
        }
    }

    /// True once after many bytes were held and nearly all were released: the allocator may still keep their memory.
    public mutating func hasEbbed(from many: Int) -> Bool {
        guard peak >= many, bytes * 8 <= peak else { return false }
        peak = bytes
        return true
    }

    private mutating func change<Failure: Error>(
        _ account: CallAccount, _ body: (inout Pool, inout Use) throws(Failure) -> Void
    ) throws(Failure) {
        if case .user = account {
            try Self.change(&users, account, body)
        } else {
            try Self.change(&strangers, account, body)
        }
    }

    private static func change<Failure: Error>(
        _ pool: inout Pool, _ account: CallAccount, _ body: (inout Pool, inout Use) throws(Failure) -> Void
    ) throws(Failure) {
        var use = pool.accounts[account] ?? Use()
        try body(&pool, &use)
        pool.accounts[account] = use.calls == 0 && use.bytes == 0 ? nil : use
    }
}
