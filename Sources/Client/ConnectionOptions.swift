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

    /// Reads `HOST:PORT`, with brackets around an IPv6 address; throws `usage` for anything else.
    public init(server: String, authorityFile: String) throws(MyVLMError) {
        guard let colon = server.lastIndex(of: ":"), let port = UInt16(server[server.index(after: colon)...]), port > 0
        else { throw MyVLMError(.usage, "\"\(server)\" is no HOST:PORT; write for example localhost:7443") }
        var host = server[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw MyVLMError(.usage, "\"\(server)\": put the IPv6 address into brackets, [::1]:7443")
        }
        guard !host.isEmpty else { throw MyVLMError(.usage, "\"\(server)\" names no host; write localhost:7443") }
        self.init(host: String(host), port: port, authorityFile: authorityFile)
    }
}
