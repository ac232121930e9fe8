/// Limits that hold whatever clients do.
public struct ServerLimits: Sendable {
    /// Connections in all. The last sixteenth is reserved for the machine itself, and an eighth for addresses with few
    /// connections.
    public var maximumConnections = 1024
    /// Connections from one address; an IPv6 network of 64 bits counts as one.
    public var maximumConnectionsPerAddress = 256
    /// Threads that serve the sockets; connections are handed to them in turn.
    public var socketThreads = 2
    /// Time for the TLS handshake.
    public var handshakeTimeout: Duration = .seconds(10)
    /// Time until a connection has made a call of a known caller. When slots are scarce it may be closed earlier.
    public var strangerTimeout: Duration = .seconds(20)
    /// Bytes of one request's header block. A longer one ends the connection.
    public var maximumHeaderListBytes = 16 << 10
    /// Bytes of header blocks per second of a connection without a known caller; eight times as much at once.
    public var strangerHeaderBytesPerSecond = 64 << 10
    /// Calls at once on one connection.
    public var maximumConcurrentStreams = 100
    /// Bytes of one request message, where the method says nothing else.
    public var maximumRequestBytes = 4 << 20
    /// Open calls and bytes of request messages that are on their way, wait, or are in a handler's hands.
    public var requests = RequestBounds(
        calls: 1024, callsPerAccount: 128, bytes: 192 << 20, bytesPerAccount: 80 << 20)
    /// The same for calls without a known caller, where the account is an address.
    public var strangersRequests = RequestBounds(
        calls: 256, callsPerAccount: 32, bytes: 4 << 20, bytesPerAccount: 1 << 20)
    /// Time from a call's headers to the end of its one request message.
    public var requestTimeout: Duration = .seconds(60)
    /// The same for calls without a known caller.
    public var strangersRequestTimeout: Duration = .seconds(10)
    /// How long a client that streams may take for the next whole message.
    public var messageTimeout: Duration = .seconds(60)
    /// How long a connection without a call stays open.
    public var idleTimeout: Duration = .seconds(300)
    /// The same where more than three quarters of the connections are taken.
    public var crowdedIdleTimeout: Duration = .seconds(10)
    /// Silence after which the server pings.
    public var keepaliveInterval: Duration = .seconds(60)
    /// How long the answer to a ping may take.
    public var keepaliveTimeout: Duration = .seconds(20)
    /// Calls per second that a client may reset, or make the server reset or refuse, on average; four times as many at
    /// once.
    public var resetsPerSecond = 50.0
    /// How often connections are checked: the precision of the times above.
    public var tick: Duration = .seconds(1)

    /// The default limits.
    public init() {}
}
