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
}
