/// `HOST:PORT` as people write it; an IPv6 address stands in brackets.
public struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// Host name or address, without brackets.
    public let host: String
    /// TCP port; 0 lets the system choose.
    public let port: UInt16

    /// An address.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`; throws `usage` for anything else.
    public init(_ text: String) throws(ServiceError) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw ServiceError(.usage, "\"\(text)\" is not HOST:PORT; write 127.0.0.1:7443, or [::1]:7443 for IPv6")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw ServiceError(.usage, "\"\(text)\": put the IPv6 address into brackets, [::1]:7443")
        }
        guard !host.isEmpty else { throw ServiceError(.usage, "\"\(text)\" names no host; write 127.0.0.1:7443") }
        self.init(host: String(host), port: port)
    }

    /// `HOST:PORT`, brackets around IPv6.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
