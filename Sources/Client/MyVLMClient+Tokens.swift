import RPC
public import RPCMessages

extension MyVLMClient {
    /// A further token, with the caller's rights or fewer. The client keeps its own.
    public func createToken(
        label: String = "", lifetime: Duration = .zero, scopes: [TokenScope] = []
    ) async throws(MyVLMError) -> NewToken {
        try NewToken(
            try await call(
                AccountsMethods.createToken,
                CreateTokenRequest(
                    label: label, lifetimeSeconds: lifetime.components.seconds, scopes: scopes.map(\.rawValue))))
    }

    /// The caller's tokens, newest first.
    public func tokens() async throws(MyVLMError) -> [TokenInfo] {
        try await call(AccountsMethods.listTokens, ListTokensRequest()).tokens
    }

    /// A new token in place of an old one, which stays valid for `overlap`, at most seven days. Without an id the
    /// client's own token is replaced, and the client sends the new one from then on.
    public func rotateToken(_ id: Int64? = nil, overlap: Duration = .zero) async throws(MyVLMError) -> NewToken {
        let new = try NewToken(
            try await call(
                AccountsMethods.rotateToken,
                RotateTokenRequest(id: id ?? 0, overlapSeconds: overlap.components.seconds)))
        if id == nil { setToken(new.token) }
        return new
    }

    /// Ends a token at once, and the calls that are open with it.
    public func revokeToken(_ id: Int64) async throws(MyVLMError) {
        _ = try await call(AccountsMethods.revokeToken, RevokeTokenRequest(id: id))
    }
}
