/// The name of a gRPC method: `/package.Service/Method`.
public struct MethodName: Sendable, Hashable, CustomStringConvertible {
    /// Package and service: `myvlm.v1.Accounts`.
    public let service: String
    /// The method: `Login`.
    public let method: String

    /// A name.
    public init(service: String, method: String) {
        self.service = service
        self.method = method
    }

    /// The name in a `:path`; nil where it has not exactly two parts.
    public init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty, !parts[1].isEmpty, !parts[2].isEmpty else { return nil }
        self.init(service: String(parts[1]), method: String(parts[2]))
    }

    /// The `:path` of a request.
    public var path: String { "/\(service)/\(method)" }

    /// The path.
    public var description: String { path }
}
