/// The status codes of gRPC, with their numbers on the wire.
public enum StatusCode: Int, Sendable, CaseIterable {
    /// The call succeeded.
    case ok = 0
    /// The caller, or a peer that went away, ended the call.
    case cancelled
    /// An error of a kind the other side could not name.
    case unknown
    /// The request itself is wrong, whatever the state of the system.
    case invalidArgument
    /// The deadline passed first.
    case deadlineExceeded
    /// What was asked for does not exist.
    case notFound
    /// What was to be created exists already.
    case alreadyExists
    /// The caller is known and may not do this.
    case permissionDenied
    /// A quota, a size limit or a queue is full.
    case resourceExhausted
    /// The system is not in the state the call needs.
    case failedPrecondition
    /// The call lost a race; it may be tried again from the start.
    case aborted
    /// Past a valid range.
    case outOfRange
    /// The method does not exist.
    case unimplemented
    /// An invariant is broken.
    case internalError
    /// The server cannot be reached or is shutting down.
    case unavailable
    /// Data is lost or damaged.
    case dataLoss
    /// The caller is not known.
    case unauthenticated
}
