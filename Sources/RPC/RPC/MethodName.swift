/// The name of a gRPC method: `/package.Service/Method`.
public struct MethodName: Sendable, Hashable {
    /// Package and service: `myvlm.v1.Accounts`.
    public let service: String
    /// The method: `Login`.
    public let method: String

    /// A name.
    public init(service: String, method: String) {
        self.service = service
        self.method = method
    }

    /// The `:path` of a request.
    public var path: String { "/\(service)/\(method)" }
}
