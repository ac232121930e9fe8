import RPC
import Registry

/// Who makes a call, as the token in its headers says.
struct Caller: Sendable {
    let principal: Principal
}

/// Nobody yet: a call that needs no token.
struct Anonymous: Sendable {}

extension CallContext {
    /// The caller; the authenticator has put it there for every call but `Login`.
    var caller: Principal {
        get throws {
            guard let caller = principal as? Caller else {
                throw RPCError(code: .unauthenticated, message: "log in first: `myvlm login`")
            }
            return caller.principal
        }
    }
}

/// Looks at the headers of each call before any of its body is read.
struct Authentication: Sendable {
    let registry: RegistryStore

    let meter: RateMeter

    /// Throws `unauthenticated` without a good token or certificate, `permissionDenied` where the method's scope is
    /// lacking, and `resourceExhausted` after too many calls; `Login` alone needs nothing.
    func authenticate(_ method: MethodName, _ metadata: Metadata, _ peer: Peer) async throws -> any Sendable {
        if method == AccountsMethods.login.name { return Anonymous() }
        do {
            let principal = try await principal(metadata, peer)
            try principal.require(MethodScopes.required(method))
            try meter.call(principal.userID, perMinute: principal.requestsPerMinute)
            return Caller(principal: principal)
        } catch {
            throw StatusMapping.status(of: error)
        }
    }

    /// By the token; without one by the certificate the connection was made with.
    private func principal(_ metadata: Metadata, _ peer: Peer) async throws -> Principal {
        guard let header = metadata["authorization"] else {
            guard let subject = peer.certificateSubject else {
                throw RPCError(code: .unauthenticated, message: "the call carries no token; log in with `myvlm login`")
            }
            return try await registry.authenticate(certificateNames: [subject] + peer.certificateNames)
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw RPCError(code: .unauthenticated, message: "the authorization header must be `Bearer TOKEN`")
        }
        return try await registry.authenticate(String(parts[1]))
    }
}
