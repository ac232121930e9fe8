internal import Glibc

/// A call of the operating system that failed.
public struct SystemFailure: Error, Sendable, Equatable {
    /// What `errno` said.
    public let number: Int32

    /// The failure of a number.
    public init(_ number: Int32) { self.number = number }

    /// The system's own words: "No such file or directory".
    public var reason: String { String(cString: strerror(number)) }
}
