import Synchronization

/// A value behind a lock that closures may share.
final class Locked<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>

    init(_ value: Value) { storage = Mutex(value) }

    var value: Value { storage.withLock { $0 } }

    func set(_ value: Value) { storage.withLock { $0 = value } }

    func update(_ change: @Sendable (inout Value) -> Void) { storage.withLock { change(&$0) } }
}
