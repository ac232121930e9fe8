/// How to reach a server.
public struct ConnectionOptions: Sendable, Equatable {
    /// Host name or address.
    public var host: String
    /// TCP port.
    public var port: UInt16
    /// PEM file of the certificate authority the server's certificate must come from.
    public var authorityFile: String

    /// Connection options.
    public init(host: String, port: UInt16, authorityFile: String) {
        self.host = host
        self.port = port
        self.authorityFile = authorityFile
    }
}
