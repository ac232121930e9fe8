/// How many connections there are, in all and from each address.
public struct ConnectionCensus: Sendable {
    private let limit: Int
    private let addressLimit: Int
    private var addresses: [String: Int] = [:]
    /// Connections now.
    public private(set) var count = 0

    /// A census.
    public init(limit: Int, addressLimit: Int) {
        self.limit = limit
        self.addressLimit = addressLimit
    }

    /// Counts a connection in; false where it must be closed at once, and then it is not counted.
    public mutating func admit(_ address: String) -> Bool {
        guard count < limit, addresses[address, default: 0] < addressLimit else { return false }
        count += 1
        addresses[address, default: 0] += 1
        return true
    }

    /// An admitted connection is gone.
    public mutating func leave(_ address: String) {
        guard let here = addresses[address] else { return }
        count -= 1
        addresses[address] = here == 1 ? nil : here - 1
    }
}

/// A token bucket: `perSecond` events on average, `burst` at once.
public struct RateLimit: Sendable {
    private let perSecond: Double
    private let burst: Double
    private var tokens: Double
    private var last: ContinuousClock.Instant?

    /// A full bucket.
    public init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
        tokens = burst
    }

    /// One event at `now`; false where it is one too many.
    public mutating func allow(now: ContinuousClock.Instant) -> Bool {
        if let last { tokens = min(burst, tokens + (now - last) / .seconds(1) * perSecond) }
        last = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}

/// When to ping a silent peer, when to give it up, and when to close a connection nobody uses.
public struct Keepalive: Sendable {
    private let interval: Duration
    private let timeout: Duration
    private let idleTimeout: Duration?
    private var lastHeard: ContinuousClock.Instant
    private var pingSent: ContinuousClock.Instant?
    private var idleSince: ContinuousClock.Instant?

    /// Keepalive of a connection opened at `now`. Without `idleTimeout` an unused connection stays open.
    public init(interval: Duration, timeout: Duration, idleTimeout: Duration?, now: ContinuousClock.Instant) {
        self.interval = interval
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        lastHeard = now
    }

    /// What to do.
    public enum Action: Sendable, Equatable {
        /// Nothing.
        case none
        /// Send a ping.
        case ping
        /// The peer did not answer a ping in time: close.
        case dead
        /// No call for too long: close gracefully.
        case idle
    }

    /// Bytes came.
    public mutating func heard(now: ContinuousClock.Instant) {
        lastHeard = now
        pingSent = nil
    }

    /// To be called about once a second.
    public mutating func tick(now: ContinuousClock.Instant, streams: Int) -> Action {
        if streams > 0 { idleSince = nil } else if idleSince == nil { idleSince = now }
        if let pingSent, now - pingSent >= timeout { return .dead }
        if let idleSince, let idleTimeout, now - idleSince >= idleTimeout { return .idle }
        if pingSent == nil, now - lastHeard >= interval {
            pingSent = now
            return .ping
        }
        return .none
    }
}
