public import RPCCore

/// A method with one request and one reply.
public struct UnaryMethod<Request: WireMessage, Reply: WireMessage>: Sendable {
    /// The method's name.
    public let name: MethodName
    /// Its rules; nil for a method that is not part of the API.
    public let rules: MethodRules?

    /// A method.
    public init(_ name: MethodName, rules: MethodRules? = nil) {
        self.name = name
        self.rules = rules
    }
}

/// A method with a stream of requests and one reply.
public struct ClientStreamingMethod<Request: WireMessage, Reply: WireMessage>: Sendable {
    /// The method's name.
    public let name: MethodName
    /// Its rules; nil for a method that is not part of the API.
    public let rules: MethodRules?

    /// A method.
    public init(_ name: MethodName, rules: MethodRules? = nil) {
        self.name = name
        self.rules = rules
    }
}

/// A method with one request and a stream of replies.
public struct ServerStreamingMethod<Request: WireMessage, Reply: WireMessage>: Sendable {
    /// The method's name.
    public let name: MethodName
    /// Its rules; nil for a method that is not part of the API.
    public let rules: MethodRules?

    /// A method.
    public init(_ name: MethodName, rules: MethodRules? = nil) {
        self.name = name
        self.rules = rules
    }
}

/// A method with a stream both ways.
public struct BidirectionalMethod<Request: WireMessage, Reply: WireMessage>: Sendable {
    /// The method's name.
    public let name: MethodName
    /// Its rules; nil for a method that is not part of the API.
    public let rules: MethodRules?

    /// A method.
    public init(_ name: MethodName, rules: MethodRules? = nil) {
        self.name = name
        self.rules = rules
    }
}
