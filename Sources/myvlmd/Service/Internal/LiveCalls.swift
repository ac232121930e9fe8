import RPC
import Registry
import Synchronization

/// The calls at work now, by the token or certificate they came with, so that ending that ends them.
///
/// Safe from any thread.
final class LiveCalls: Sendable {
    private struct Call {
        let credential: Credential
        let cancel: @Sendable () -> Void
    }
    private struct State {
        var next: UInt64 = 0
        var calls: [UInt64: Call] = [:]
        /// Calls whose credential ended under them.
        var ended: Set<UInt64> = []
    }

    private let state = Mutex(State())

    /// Runs the body of a call. When its credential ends meanwhile, the body's task is cancelled and the call fails
    /// with `unauthenticated`. A call without one just runs.
    func run<T: Sendable>(
        _ principal: Principal?, _ body: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        guard let credential = principal?.credential else { return try await body() }
        let work = Task { try await body() }
        let id = state.withLock { state in
            state.next += 1
            state.calls[state.next] = Call(credential: credential) { work.cancel() }
            return state.next
        }
        do {
            let value = try await withTaskCancellationHandler {
                try await work.value
            } onCancel: {
                work.cancel()
            }
            _ = forget(id)
            return value
        } catch {
            guard forget(id) else { throw error }
            throw RPCError(
                code: .unauthenticated,
                message: "the token or certificate was revoked or has expired meanwhile; log in again")
        }
    }

    /// Ends the calls whose credential is not good any more.
    func endDead(_ registry: RegistryStore) async throws {
        let asked = Set(state.withLock { $0.calls.values.map(\.credential) })
        guard !asked.isEmpty else { return }
        let live = try await registry.live(among: asked)
        let cancels = state.withLock { state in
            let dead = state.calls.filter { asked.contains($0.value.credential) && !live.contains($0.value.credential) }
            for id in dead.keys { state.ended.insert(id) }
            return dead.values.map(\.cancel)
        }
        for cancel in cancels { cancel() }
    }

    /// Whether the call's credential ended under it.
    private func forget(_ id: UInt64) -> Bool {
        state.withLock { state in
            state.calls[id] = nil
            return state.ended.remove(id) != nil
        }
    }
}
