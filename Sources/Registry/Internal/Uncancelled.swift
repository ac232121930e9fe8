/// Work that must not be cut short when the calling task is cancelled: cleaning up after a cancelled call, and work
/// that must be completed once it is half done.
///
/// A cancelled task cannot write: the database refuses every access from it with `CancellationError`, and so does every
/// other call that checks for cancellation. Clean-up code that ignores this cleans up nothing.
package enum Uncancelled {
    /// Runs `work` to its end in a task of its own and returns or throws what it does.
    package static func run<T: Sendable>(_ work: @escaping @Sendable () async throws -> T) async throws -> T {
        try await Task { try await work() }.value
    }

    /// The same for work that cannot fail.
    package static func run<T: Sendable>(_ work: @escaping @Sendable () async -> T) async -> T {
        await Task { await work() }.value
    }

    /// Runs `work` in the calling task. Whatever ends it early, including cancellation, `undo` cleans up what it had
    /// begun, to the end and uncancelled, before the error is rethrown.
    package static func undoing<T>(
        isolation: isolated (any _Concurrency.Actor)? = #isolation, _ work: () async throws -> T,
        undo: @escaping @Sendable (any Error) async -> Void
    ) async throws -> T {
        do {
            return try await work()
        } catch {
            await run { await undo(error) }
            throw error
        }
    }
}
