import RPC
import Synchronization

/// Lets each user run one operation at a time; different users run side by side. Safe from any thread.
package final class OneAtATime: Sendable {
    private let what: String
    private let running = Mutex<Set<Int64>>([])

    /// - Parameter what: "an import", for the message.
    package init(_ what: String) { self.what = what }

    /// Runs `body`; `resourceExhausted` while another of the same user runs.
    package func run<T>(_ userID: Int64, _ body: () async throws -> T) async throws -> T {
        guard running.withLock({ $0.insert(userID).inserted }) else {
            throw RPCError(
                code: .resourceExhausted, message: "\(what) of yours is running; wait until it ends",
                trailers: ["retry-after-ms": "1000"])
        }
        defer { running.withLock { _ = $0.remove(userID) } }
        return try await body()
    }
}
