package import RPCTransport

/// Where a server listens, with which certificate, and its limits.
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
    /// The server's limits.
    public var limits = ServerLimits()
    /// What deadlines and limits of time go by; nil takes the machine's clock.
    package var time: ManualTime?
    /// Whether it only serves pipes that are handed to it, and needs no certificate.
    package private(set) var servesPipesOnly = false

    /// A configuration of a server that never listens: see `Server.adopt`.
    package static func pipesOnly(time: ManualTime? = nil) -> ServerConfiguration {
        var configuration = ServerConfiguration(
            endpoint: Endpoint(host: "pipe", port: 0), certificateFile: "", keyFile: "")
        configuration.servesPipesOnly = true
        configuration.time = time
        return configuration
    }

    /// A configuration with default limits.
    public init(endpoint: Endpoint, certificateFile: String, keyFile: String) {
        self.endpoint = endpoint
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}

/// How one method is served.
public struct MethodOptions: Sendable {
    /// Where a handler runs.
    public enum Executor: Sendable {
        /// On the event loop's thread: for handlers that never block and take microseconds.
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
    /// The options that a method's rules give; without rules the server's limits.
    public init(_ rules: MethodRules?) {
        self.init(
            maximumRequestBytes: rules?.requestBytes, unpackedBytes: rules?.memoryBytes,
            executor: rules?.executor == .sockets ? .loop : .global)
    }
}
