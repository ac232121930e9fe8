/// An address that a server listens on or a client connects to.
public struct Endpoint: Sendable, Equatable {
    /// Host name or address.
    public let host: String
    /// TCP port; 0 lets the system choose one when listening.
    public let port: UInt16

    /// An endpoint.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}
