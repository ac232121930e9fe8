/// The other end of a call.
public struct Peer: Sendable, Equatable {
    /// Its numeric address.
    public let address: String
    /// Its port.
    public let port: UInt16
    /// The subject of its verified certificate; nil where it showed none.
    public let certificateSubject: String?
    /// The alternative names of its verified certificate.
    public let certificateNames: [String]
}

/// What a handler knows of its call.
public struct CallContext: Sendable {
    /// The method.
    public let method: MethodName
    /// The custom metadata of the request.
    public let metadata: Metadata
    /// The peer, as far as the connection tells.
    public let peer: Peer
    /// When the caller stops waiting; the handler's task is cancelled then.
    public let deadline: ContinuousClock.Instant?
    /// Identifies the call in the log; the client gets it with the status.
    public let requestID: String
    /// What the authenticator returned.
    public let principal: any Sendable
}

/// Decides on the headers of a call, before any byte of its body is accepted. Throws `RPCError` to refuse it; what it
/// returns becomes `CallContext.principal`. It runs for every call, also for those that need no token.
public typealias Authenticator = @Sendable (MethodName, Metadata, Peer) async throws -> any Sendable

/// What an authenticator returns for a caller it knows. Calls without one count as a stranger's: they get far less
/// memory and time.
public protocol KnownCaller: Sendable {
    /// Open calls and request bytes of the same number are counted together.
    var accountNumber: Int64 { get }
}

/// A call whose headers were authorised and which has not ended.
public struct OpenCall: Sendable {
    /// Identifies the call for `Server.end`.
    public let id: UInt64
    /// The method.
    public let method: MethodName
    /// What the authenticator returned.
    public let principal: any Sendable
}

/// Something for the operator's log; never sent to a client.
public struct ServerEvent: Sendable {
    /// The kinds of event.
    public enum Kind: Sendable, Equatable {
        /// A handler threw an error that is no `RPCError`: the client was told INTERNAL and nothing else.
        case handlerFailed
        /// A call ended; with the error whose status was sent, where it failed.
        case callEnded
        /// Connections cannot be accepted or set up.
        case connectionTrouble
    }

    /// The kind.
    public let kind: Kind
    /// A description in words.
    public let message: String
    /// The error behind it.
    public let error: (any Error)?
    /// The call, where there is one.
    public let requestID: String?
    /// Its method.
    public let method: MethodName?
}

/// What a server is doing now, and has done.
public struct ServerStatistics: Sendable, Equatable {
    /// Connections now.
    public let connections: Int
    /// Connections accepted so far.
    public let acceptedConnections: Int
    /// Connections refused by a limit so far.
    public let refusedConnections: Int
    /// Calls whose handler is at work now.
    public let activeCalls: Int
    /// Bytes of request messages that arrive, wait, or are in a handler's hands now.
    public let requestBytes: Int
    /// Calls begun so far.
    public let calls: Int
}
