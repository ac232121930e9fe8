/// What one side allows its peer on a connection.
package struct HTTP2Settings: Sendable {
    /// Calls at once.
    package var maximumConcurrentStreams = 100
    /// Bytes of one header block: names, values and 32 for each field (RFC 9113, section 6.5.2).
    package var maximumHeaderListBytes = 16 << 10
    /// Window of a new stream: what a peer may send before its call is authorised.
    package var initialWindow = 65_535
    /// Window of an authorised stream, and of the connection.
    package var openWindow = 1 << 20
    /// Streams a peer may reset a second, on average, and at once.
    package var resetsPerSecond = 50.0
    package var resetBurst = 200.0
    /// Silence after which a ping is sent, and how long its answer may take.
    package var keepaliveInterval: Duration = .seconds(60)
    package var keepaliveTimeout: Duration = .seconds(20)
    /// How long a connection without a call stays open; nil keeps it.
    package var idleTimeout: Duration? = .seconds(300)
    /// How long a peer may take for one message, once it began it.
    package var messageTimeout: Duration = .seconds(60)

    package init() {}
}
