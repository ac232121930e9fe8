import Logging
import RPC
import Registry

/// Ends the open calls of a caller whose authority has ended: revoked, expired, suspended, a new password, a role with
/// fewer rights. Calls whose body is still arriving are open too.
struct LiveCalls: Sendable {
    let authentication: Authentication
    let logger: Logger

    /// Checks every open call of `server`: at once when a credential changes, and twice a second for credentials that
    /// expire. Runs until the task is cancelled.
    func watch(_ server: Server) async {
        let (changes, source) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        authentication.registry.onCredentialChange { source.yield() }
        let clock = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(500))
                source.yield()
            }
        }
        defer { clock.cancel() }
        for await _ in changes { await endDead(server) }
    }

    private func endDead(_ server: Server) async {
        for call in server.openCalls {
            do {
                try await authentication.confirm(call.principal, call.method)
            } catch {
                let status = StatusMapping.status(of: error)
                switch status.code {
                case .unauthenticated, .permissionDenied: server.end([call], status)
                default:
                    // A failed check does not end calls: it is repeated half a second later.
                    logger.error("cannot check open calls", metadata: ["error": "\(type(of: error))"])
                }
            }
        }
    }
}
