public import RPCCore

/// A method without its types, for a server or gateway that knows a method only by its name.
public struct MethodDescription: Sendable {
    /// How a method's calls use their streams.
    public enum Kind: String, Sendable {
        case unary
        case clientStreaming = "client streaming"
        case serverStreaming = "server streaming"
        case bidirectional
    }

    /// The method's name.
    public let name: MethodName
    /// How its calls use their streams.
    public let kind: Kind
    /// What is sent to it.
    public let request: any WireMessage.Type
    /// What it answers.
    public let reply: any WireMessage.Type
    /// Its rules; nil for a method that is not part of the API.
    public let rules: MethodRules?

    /// The description of a method with one request and one reply.
    public init<Request, Reply>(_ method: UnaryMethod<Request, Reply>) {
        self.init(method.name, .unary, Request.self, Reply.self, method.rules)
    }

    /// The description of a method with a stream of requests.
    public init<Request, Reply>(_ method: ClientStreamingMethod<Request, Reply>) {
        self.init(method.name, .clientStreaming, Request.self, Reply.self, method.rules)
    }

    /// The description of a method with a stream of replies.
    public init<Request, Reply>(_ method: ServerStreamingMethod<Request, Reply>) {
        self.init(method.name, .serverStreaming, Request.self, Reply.self, method.rules)
    }

    /// The description of a method with a stream both ways.
    public init<Request, Reply>(_ method: BidirectionalMethod<Request, Reply>) {
        self.init(method.name, .bidirectional, Request.self, Reply.self, method.rules)
    }

    private init(
        _ name: MethodName, _ kind: Kind, _ request: any WireMessage.Type, _ reply: any WireMessage.Type,
        _ rules: MethodRules?
    ) {
        self.name = name
        self.kind = kind
        self.request = request
        self.reply = reply
        self.rules = rules
    }
}

/// Every method of the API.
public enum MethodCatalog {
    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// The method of a name; nil where the API has none.
    public static func method(_ name: MethodName) -> MethodDescription? { byName[name] }
}
