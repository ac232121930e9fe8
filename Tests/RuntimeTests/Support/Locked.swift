import Synchronization

/// A value behind a lock that closures may share.
final class Locked<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>

    init(_ value: Value) { storage = Mutex(value) }

    var value: Value { storage.withLock { $0 } }

    func change<R: Sendable>(_ body: (inout Value) -> R) -> R {
        storage.withLock { value in
            var copy = value
            let result = body(&copy)
            value = copy
            return result
        }
    }
}
