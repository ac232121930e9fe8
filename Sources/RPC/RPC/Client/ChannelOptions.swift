/// How a channel reaches its server.
public struct ChannelOptions: Sendable {
    /// PEM file of the authorities to trust; nil trusts the system's.
    public var authorityFile: String?
    /// The name the server's certificate must carry; nil takes the endpoint's host.
    public var serverName: String?
    /// PEM file of the client's own certificate and chain, for servers that ask for one.
    public var clientCertificateFile: String?
    /// PEM file of its key.
    public var clientKeyFile: String?
    /// Time for name lookup, TCP and TLS together.
    public var connectTimeout: Duration = .seconds(10)
    /// Silence after which the client pings, while connected.
    public var keepaliveInterval: Duration = .seconds(60)
    /// How long the answer to a ping may take.
    public var keepaliveTimeout: Duration = .seconds(20)
    /// Bytes of one reply message.
    public var maximumReplyBytes = 16 << 20
    /// Bytes the unpacked form of one reply may take.
    public var unpackedBytes = 64 << 20

    /// Options that trust `authorityFile`, or the system's authorities.
    public init(authorityFile: String? = nil) {
        self.authorityFile = authorityFile
    }
}

/// Options of one call.
public struct CallOptions: Sendable {
    /// Custom metadata of the request.
    public var metadata: Metadata
    /// The time the call may take; nil waits as long as it takes.
    public var timeout: Duration?

    /// Options.
    public init(metadata: Metadata = [:], timeout: Duration? = nil) {
        self.metadata = metadata
        self.timeout = timeout
    }
}
