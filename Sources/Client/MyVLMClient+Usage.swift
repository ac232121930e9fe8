import RPC
public import RPCMessages

extension MyVLMClient {
    /// The caller's limits and what is used of them; another user's for administrators and auditors.
    public func usage(of user: String = "") async throws(MyVLMError) -> [QuotaUse] {
        try await call(AccountsMethods.getUsage, GetUsageRequest(user: user)).quotas
    }

    /// Sets limits of a user; nil takes the server's default again. Administrators only.
    public func setQuotas(_ limits: [String: Int64?], of user: String) async throws(MyVLMError) -> [QuotaUse] {
        let wanted = limits.sorted { $0.key < $1.key }.map {
            QuotaLimit(name: $0.key, limit: $0.value ?? 0, reset: $0.value == nil)
        }
        return try await call(AccountsMethods.setQuota, SetQuotaRequest(user: user, limits: wanted)).quotas
    }

    /// Lets a client certificate's name stand for a user. Returns all such names. Administrators only.
    public func addIdentity(_ certificateName: String, to user: String) async throws(MyVLMError) -> [String] {
        try await call(
            AccountsMethods.addIdentity, IdentityRequest(user: user, certificateName: certificateName)
        ).certificateNames
    }

    /// Removes a certificate's name from a user. Administrators only.
    public func removeIdentity(_ certificateName: String, from user: String) async throws(MyVLMError) -> [String] {
        try await call(
            AccountsMethods.removeIdentity, IdentityRequest(user: user, certificateName: certificateName)
        ).certificateNames
    }

    /// The certificates' names that stand for a user. Administrators and auditors.
    public func identities(of user: String) async throws(MyVLMError) -> [String] {
        try await call(AccountsMethods.listIdentities, ListIdentitiesRequest(user: user)).certificateNames
    }
}
