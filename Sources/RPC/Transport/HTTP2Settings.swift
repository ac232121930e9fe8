/// What one side allows the other on a connection.
package struct HTTP2Settings: Sendable {
    /// Calls at once.
    package var maximumConcurrentStreams = 100
    /// Bytes of one header block: names, values and 32 for each field (RFC 9113, section 6.5.2).
    package var maximumHeaderListBytes = 16 << 10
    /// Window of a new stream, and of a connection without a known caller: what a peer may send before its call is
    /// authorised. A connection cannot have less (RFC 9113, section 6.9.2).
    package var initialWindow = 65_535
    /// Window of a stream that was given more room, and of a connection with a known caller.
    package var openWindow = 1 << 20
    /// Streams a peer may reset, or have reset, a second, on average, and at once; see `FloodGuard`.
    package var resetsPerSecond = 50.0
    package var resetBurst = 200.0
    /// Bytes of header lists a second of a connection without a known caller.
    package var strangerHeaderBytesPerSecond = 64 << 10
    /// How long a header block may take.
    package var headerTimeout: Duration = .seconds(10)
    /// How long a connection may take until it has made a call of a known caller.
    package var strangerTimeout: Duration = .seconds(20)
    /// How long a connection without a call stays open when nearly all places are taken.
    package var crowdedIdleTimeout: Duration = .seconds(10)
    /// Silence after which a ping is sent, and how long its answer may take.
    package var keepaliveInterval: Duration = .seconds(60)
    package var keepaliveTimeout: Duration = .seconds(20)
    /// How long a connection without a call stays open; nil keeps it.
    package var idleTimeout: Duration? = .seconds(300)
    package init() {}
}
