import RPC
import Registry
import Synchronization

/// Who makes a call, as the token in its headers says.
struct Caller: KnownCaller {
    let principal: Principal
    /// What the caller was authenticated by, to be checked again.
    let proof: Proof
    /// How often credentials had changed when it was authenticated.
    let generation: UInt64

    /// The credentials that came with a call.
    enum Proof: Sendable {
        case token(String)
        case certificate(names: [String])
    }

    var accountNumber: Int64 { principal.userID }
}

/// An anonymous caller, of a call that needs no token.
struct Anonymous: Sendable {}

extension CallContext {
    /// The caller, which the authenticator sets for every call that needs one.
    var caller: Principal {
        get throws {
            guard let caller = principal as? Caller else {
                throw RPCError(code: .unauthenticated, message: "log in first: `myvlm login`")
            }
            return caller.principal
        }
    }
}

/// Decides who may make a call: at its headers, before any of its body is read; again when it runs; and again while it
/// is open, whenever its authority may have ended. Each time the registry is asked the same question.
struct Authentication: Sendable {
    let registry: RegistryStore
    let meter: RateMeter
    private let clock: @Sendable () -> Int64
    private let changes: CredentialChanges

    init(registry: RegistryStore, meter: RateMeter, clock: @escaping @Sendable () -> Int64) {
        self.registry = registry
        self.meter = meter
        self.clock = clock
        let changes = CredentialChanges()
        self.changes = changes
        registry.onCredentialChange { changes.note() }
    }

    /// Throws `unauthenticated` without a good token or certificate, `permissionDenied` where the method's scope is
    /// missing, and `resourceExhausted` after too many calls; a method for strangers needs nothing.
    func authenticate(_ method: MethodName, _ metadata: Metadata, _ peer: Peer) async throws -> any Sendable {
        if MethodScopes.isForStrangers(method) { return Anonymous() }
        do {
            let proof = try Self.proof(metadata, peer)
            let generation = changes.count
            let principal = try await principal(proof, method)
            try meter.call(principal.userID, perMinute: principal.requestsPerMinute)
            return Caller(principal: principal, proof: proof, generation: generation)
        } catch {
            throw StatusMapping.status(of: error)
        }
    }

    /// Throws unless the caller may still make the call: its headers may have come minutes before its body.
    func confirm(_ principal: any Sendable, _ method: MethodName) async throws {
        guard let caller = principal as? Caller,
            caller.generation != changes.count || caller.principal.expiresAtMs <= clock()
        else { return }
        do {
            _ = try await self.principal(caller.proof, method)
        } catch let error as RegistryError where error.code == .unauthenticated {
            throw RPCError(
                code: .unauthenticated,
                message: "the token or certificate was revoked or has expired meanwhile; log in again", cause: error)
        }
    }

    private func principal(_ proof: Caller.Proof, _ method: MethodName) async throws -> Principal {
        let principal =
            switch proof {
            case .token(let text): try await registry.authenticate(text)
            case .certificate(let names): try await registry.authenticate(certificateNames: names)
            }
        try principal.require(MethodScopes.required(method))
        return principal
    }

    /// The token, or without one the certificate that the connection was made with.
    private static func proof(_ metadata: Metadata, _ peer: Peer) throws -> Caller.Proof {
        guard let header = metadata["authorization"] else {
            guard let subject = peer.certificateSubject else {
                throw RPCError(code: .unauthenticated, message: "the call carries no token; log in with `myvlm login`")
            }
            return .certificate(names: [subject] + peer.certificateNames)
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            throw RPCError(code: .unauthenticated, message: "the authorization header must be `Bearer TOKEN`")
        }
        return .token(String(parts[1]))
    }
}

/// How often credentials have changed. Safe from any thread.
private final class CredentialChanges: Sendable {
    private let number = Atomic<UInt64>(0)

    var count: UInt64 { number.load(ordering: .acquiring) }

    func note() { number.add(1, ordering: .acquiringAndReleasing) }
}
