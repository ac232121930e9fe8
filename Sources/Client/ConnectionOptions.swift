/// How to reach a server.
public struct ConnectionOptions: Sendable, Equatable {
    /// Host name or address.
    public var host: String
    /// TCP port.
    public var port: UInt16
    /// PEM file of the certificate authority the server's certificate must come from.
    public var authorityFile: String
    /// PEM file of the client's own certificate, on servers that know users by theirs.
    public var certificateFile: String?
    /// PEM file of its key.
    public var certificateKeyFile: String?

    /// Connection options.
    public init(host: String, port: UInt16, authorityFile: String) {
        self.host = host
        self.port = port
        self.authorityFile = authorityFile
    }

    /// Reads `HOST:PORT`, with brackets around an IPv6 address; a leading `https://` and a trailing slash are ignored.
    /// Throws `usage` for anything else, and says what to write instead.
    public init(server: String, authorityFile: String) throws(MyVLMError) {
        let (host, port) = try ServerAddress.read(server)
        self.init(host: host, port: port, authorityFile: authorityFile)
    }

    /// `HOST:PORT`, the same however the server was written.
    public var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
