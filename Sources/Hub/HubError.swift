/// Why a model of a hub could not be had, and what to do next.
package struct HubError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Stable reasons; each has one exit code of `sysexits.h`.
    package enum Code: String, Sendable {
        /// A name, pattern or variable that cannot be: exit 64.
        case usage
        /// What came is not what the hub says it is, by size or digest, or no answer of a hub: exit 65.
        case badData
        /// The hub, or the cache, has no such model, revision or file: exit 66.
        case notFound
        /// The hub cannot be reached, does not answer or answers too late: exit 69.
        case unavailable
        /// The cache cannot be written: exit 73.
        case cannotWrite
        /// The disk is full, or would be: exit 73.
        case storageFull
        /// The hub asks to come back later: exit 75.
        case tryLater
        /// Somebody else is at it: exit 75.
        case busy
        /// No token, one that is not good, or a model whose terms have to be accepted first: exit 77.
        case noPermission
        /// It was told to stop: exit 130.
        case cancelled
    }

    package let code: Code
    /// What happened and what to do next, for the operator; never a token, and never the query of an address, which may
    /// be a signature.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }

    /// The exit code of `sysexits.h` a command ends with.
    package var exitCode: Int32 {
        switch code {
        case .usage: 64
        case .badData: 65
        case .notFound: 66
        case .unavailable: 69
        case .cannotWrite, .storageFull: 73
        case .tryLater, .busy: 75
        case .noPermission: 77
        case .cancelled: 130
        }
    }
}
