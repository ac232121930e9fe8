package import Rules

extension LoginRequest: CheckedRequest {
    /// User and password are compared, not stored: whatever is wrong with them gives the same refusal.
    package func check() throws(RuleError) {
        _ = try NameRules.label(label)
        try TokenRules.checkLifetime(seconds: lifetimeSeconds)
    }
}

extension CreateUserRequest: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.userName(name)
        _ = try NameRules.password(password)
    }
}

extension ChangePasswordRequest: CheckedRequest {
    package func check() throws(RuleError) { _ = try NameRules.password(newPassword) }
}

extension ResetPasswordRequest: CheckedRequest {
    package func check() throws(RuleError) { _ = try NameRules.password(password) }
}

extension CreateTokenRequest: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.label(label)
        try TokenRules.checkLifetime(seconds: lifetimeSeconds)
    }
}

extension RotateTokenRequest: CheckedRequest {
    package func check() throws(RuleError) { try TokenRules.checkOverlap(seconds: overlapSeconds) }
}
