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

    /// Takes an event of `cost` at `now`; false when it exceeds the rate.
    public mutating func allow(now: ContinuousClock.Instant, cost: Double = 1) -> Bool {
        if let last { tokens = min(burst, tokens + (now - last) / .seconds(1) * perSecond) }
        last = now
        guard tokens >= cost else { return false }
        tokens -= cost
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

    /// To be called about once a second. `idleLimit` replaces the idle timeout where it is shorter.
    public mutating func tick(now: ContinuousClock.Instant, streams: Int, idleLimit: Duration? = nil) -> Action {
        let idleTimeout = [idleTimeout, idleLimit].compactMap { $0 }.min()
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
