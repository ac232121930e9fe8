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

    /// Throws `unauthenticated` without a good token and `permissionDenied` for one that lacks the method's scope;
    /// `Login` alone needs none.
    func authenticate(_ method: MethodName, _ metadata: Metadata) async throws -> any Sendable {
        if method == AccountsMethods.login.name { return Anonymous() }
        guard let header = metadata["authorization"] else {
            throw RPCError(code: .unauthenticated, message: "the call carries no token; log in with `myvlm login`")
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw RPCError(code: .unauthenticated, message: "the authorization header must be `Bearer TOKEN`")
        }
        do {
            let principal = try await registry.authenticate(String(parts[1]))
            try principal.require(MethodScopes.required(method))
            return Caller(principal: principal)
        } catch {
            throw StatusMapping.status(of: error)
        }
    }
}
