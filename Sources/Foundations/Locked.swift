package import Synchronization

/// A value behind a mutex, in a class so that closures and several owners can share it. Safe from any thread.
package final class Locked<Value: Sendable>: Sendable {
    @usableFromInline let mutex: Mutex<Value>

    /// The value as it begins.
    @inlinable
    package init(_ value: Value) { mutex = Mutex(value) }

    /// A copy of the value as it is now.
    @inlinable
    package var value: Value { withLock { $0 } }

    /// Puts another value in its place.
    @inlinable
    package func set(_ value: Value) { withLock { $0 = value } }

    /// Runs `body` alone with the value; it must not block, and must not lock the same value again.
    @inlinable
    package func withLock<T: Sendable>(_ body: (inout Value) throws -> T) rethrows -> T {
        try mutex.withLock { value in try body(&value) }
    }
}
