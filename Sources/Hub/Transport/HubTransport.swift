/// Makes one request at a time. Confined to who made it.
package protocol HubTransport: AnyObject {
    /// What a reader wants after a piece of a body.
    typealias Reader = (HubAnswer, UnsafeRawBufferPointer) throws(HubError) -> ReadOn

    /// Makes a request and hands the body over as it comes, with the head of the answer. Returns the head when the
    /// body has ended or the reader wants no more of it. Throws what the reader throws, and `TransportError`.
    func send(_ request: HubRequest, _ read: Reader) throws -> HubAnswer
}

/// Whether a reader wants more.
package enum ReadOn: Sendable {
    case more
    case enough
}

/// Why a request had no end.
package enum TransportError: Error, Sendable, Equatable {
    /// It may pass: see the rule for it.
    case passing(RetryRule.Failure)
    /// Who answers is not who it says it is; the library's words.
    case untrusted(String)
    /// Headers without an end, or something that is no HTTP.
    case nonsense(String)
    /// It was told to stop.
    case cancelled
}
