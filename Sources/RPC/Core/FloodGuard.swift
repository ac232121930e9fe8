/// Limits on what a peer may do on a connection besides calls, and what it is told when it exceeds them. Pure.
///
/// Everything that costs the server work or memory and brings a client nothing counts as a strike: streams a client
/// resets, streams it makes the server reset, calls that are refused by their headers, settings, priorities, empty
/// frames, window updates for data nobody sent. A few hundred of them end the connection.
public struct FloodGuard: Sendable {
    /// Why a connection ends, and what GOAWAY says.
    public struct Complaint: Sendable, Equatable {
        /// The debug data of GOAWAY: gRPC's clients know `too_many_pings`.
        public let data: String
        /// In words.
        public let message: String
    }

    private var strikes: RateLimit
    private var pings = RateLimit(perSecond: 1, burst: 20)
    private var headerBytes: RateLimit
    /// Window updates that frames of data have paid for.
    private var updates = 512
    /// Whether data was sent since the last ping: a client that is sent much measures how fast it comes.
    private var pingIsPaid = false

    /// A guard. `headerBytesPerSecond` counts for strangers only; eight times as much may come at once.
    public init(strikesPerSecond: Double, strikeBurst: Double, headerBytesPerSecond: Double) {
        strikes = RateLimit(perSecond: strikesPerSecond, burst: strikeBurst)
        headerBytes = RateLimit(perSecond: headerBytesPerSecond, burst: headerBytesPerSecond * 8)
    }

    /// Counts work that brings the client nothing.
    public mutating func strike(now: ContinuousClock.Instant) -> Complaint? {
        guard !strikes.allow(now: now) else { return nil }
        return Complaint(
            data: "too_many_resets", message: "the peer makes too many streams or frames that serve no purpose")
    }

    /// A ping to answer; one after data was sent is free.
    public mutating func ping(now: ContinuousClock.Instant) -> Complaint? {
        guard !pingIsPaid, !pings.allow(now: now) else {
            pingIsPaid = false
            return nil
        }
        return Complaint(data: "too_many_pings", message: "the peer pings too often")
    }

    /// A window update; each frame of data pays for four.
    public mutating func windowUpdate(now: ContinuousClock.Instant) -> Complaint? {
        guard updates <= 0 else {
            updates -= 1
            return nil
        }
        return strike(now: now)
    }

    /// A frame of data was sent.
    public mutating func sentData() {
        updates = min(updates + 4, 1 << 16)
        pingIsPaid = true
    }

    /// Counts a header list of a connection that has not made a call of a known caller yet.
    public mutating func strangersHeaders(_ bytes: Int, now: ContinuousClock.Instant) -> Complaint? {
        guard !headerBytes.allow(now: now, cost: Double(bytes)) else { return nil }
        return Complaint(data: "too_many_calls", message: "a peer nobody knows makes too many calls")
    }

    /// A header block above the limit. To end its stream alone would mean to go on decoding it: a few bytes may
    /// stand for megabytes.
    public static let oversizedHeaders = Complaint(
        data: "header_list_too_large", message: "the peer's headers are too large")

    /// Frames of a kind that HTTP/2 bounds itself: acknowledgements, continuations.
    public static let frames = Complaint(data: "too_many_frames", message: "the peer sends too many frames")

    /// A header block that does not end.
    public static let slowHeaders = Complaint(data: "headers_too_slow", message: "a header block took too long")

    /// Answers that the peer provokes and does not read.
    public static let unreadAnswers = Complaint(data: "answers_unread", message: "the peer does not read answers")
}
