/// Work that the cancellation of the task which asks for it must not cut short: what cleans up after a cancelled call, and
/// what has to go on once its first half is done.
///
/// A cancelled task cannot write: the database refuses every access from it with `CancellationError`, and so does every
/// other call that looks. A clean-up that is written as if it could leaves what it was meant to end.
package enum Uncancelled {
    /// Runs `work` to its end in a task of its own and hands on what it gives or throws.
    package static func run<T: Sendable>(_ work: @escaping @Sendable () async throws -> T) async throws -> T {
        try await Task { try await work() }.value
    }

    /// The same for work that cannot fail.
    package static func run<T: Sendable>(_ work: @escaping @Sendable () async -> T) async -> T {
        await Task { await work() }.value
    }

    /// Runs `work` in the task that asks for it. Whatever ends it early, that task's cancellation among it, `undo` clears away
    /// what it had begun, to the end and uncancelled, before the error goes on.
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
