/// Where a server listens, with which certificate, and how much it takes.
public struct ServerConfiguration: Sendable {
    /// The place to listen; port 0 lets the system choose.
    public var endpoint: Endpoint
    /// PEM file of the certificate and its chain.
    public var certificateFile: String
    /// PEM file of its private key, without a pass phrase.
    public var keyFile: String
    /// PEM file of the authorities whose client certificates are accepted; nil asks for none.
    public var clientAuthorityFile: String?
    /// Whether clients without a certificate are refused. Needs `clientAuthorityFile`.
    public var requireClientCertificate = false
    /// How much the server takes.
    public var limits = ServerLimits()

    /// A configuration with default limits.
    public init(endpoint: Endpoint, certificateFile: String, keyFile: String) {
        self.endpoint = endpoint
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}

/// Bounds that hold whatever clients do.
public struct ServerLimits: Sendable {
    /// Connections in all.
    public var maximumConnections = 1024
    /// Connections from one address.
    public var maximumConnectionsPerAddress = 256
    /// Time for the TLS handshake.
    public var handshakeTimeout: Duration = .seconds(10)
    /// Bytes of one request's header block.
    public var maximumHeaderListBytes = 16 << 10
    /// Calls at once on one connection.
    public var maximumConcurrentStreams = 100
    /// Bytes of one request message, where the method says nothing else.
    public var maximumRequestBytes = 4 << 20
    /// How long a connection without a call stays open.
    public var idleTimeout: Duration = .seconds(300)
    /// Silence after which the server pings.
    public var keepaliveInterval: Duration = .seconds(60)
    /// How long the answer to a ping may take.
    public var keepaliveTimeout: Duration = .seconds(20)
    /// How long a client may take for one message once it began it.
    public var messageTimeout: Duration = .seconds(60)
    /// Calls a client may reset a second, on average; four times as many at once.
    public var resetsPerSecond = 50.0
    /// How often connections are looked after: the precision of the four times above.
    public var tick: Duration = .seconds(1)

    /// The default limits.
    public init() {}
}

/// How one method is served.
public struct MethodOptions: Sendable {
    /// Where a handler runs.
    public enum Executor: Sendable {
        /// On the thread of the sockets: for handlers that never block and take microseconds.
        case loop
        /// On Swift's global executor.
        case global
    }

    /// Bytes of one request message; nil takes the server's.
    public var maximumRequestBytes: Int?
    /// Bytes the unpacked form of one request may take; nil takes 64 KiB and twice the message limit.
    public var unpackedBytes: Int?
    /// Where the handler runs.
    public var executor: Executor

    /// Options.
    public init(maximumRequestBytes: Int? = nil, unpackedBytes: Int? = nil, executor: Executor = .global) {
        self.maximumRequestBytes = maximumRequestBytes
        self.unpackedBytes = unpackedBytes
        self.executor = executor
    }
}
