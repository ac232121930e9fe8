import GRDB
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct AccountTests {
    @Test func loginGivesATokenThatProvesItself() async throws {
        let harness = try Harness()
        _ = try await harness.store.createUser(name: "anna", password: Harness.password, role: .user, by: .console)
        let issued = try await harness.login("anna")
        #expect(issued.token.hasPrefix("mvt_") && issued.token.utf8.count == 47)
        let principal = try await harness.store.authenticate(issued.token)
        #expect(principal.name == "anna" && principal.role == .user && principal.tokenID == issued.tokenID)
        #expect(principal.expiresAtMs == issued.expiresAtMs)
        // Again, now from memory.
        #expect(try await harness.store.authenticate(issued.token) == principal)
    }

    @Test func neitherPasswordNorTokenIsStored() async throws {
        let harness = try Harness()
        _ = try await harness.user("anna")
        let token = try await harness.login("anna").token
        for file in ["registry.sqlite", "registry.sqlite-wal"] {
            let bytes = try await readAll(harness.directory + "/" + file)
            #expect(
                !contains(bytes, Harness.password) && !contains(bytes, token)
                    && !contains(bytes, String(token.dropFirst(4))))
        }
    }

    @Test func wrongNameAndWrongPasswordLookAlike() async throws {
        let harness = try Harness()
        _ = try await harness.user("anna")
        let wrong = await expectError(.unauthenticated) { try await harness.login("anna", password: "wrong horse") }
        let unknown = await expectError(.unauthenticated) { try await harness.login("berta") }
        let outOfForm = await expectError(.unauthenticated) { try await harness.login("BERTA/..", password: "") }
        #expect(wrong?.message == unknown?.message && unknown?.message == outOfForm?.message)
    }

    @Test(arguments: [
        "", "mvt_", "mvt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x", "mvt_\u{0}",
        String(repeating: "a", count: 10_000),
    ])
    func foreignTokensAreRefused(token: String) async throws {
        let harness = try Harness()
        await expectError(.unauthenticated) { try await harness.store.authenticate(token) }
    }

    @Test func tokensExpireAndArePruned() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let short = try await harness.store.createToken(for: anna, label: "short", lifetimeMs: 1_000)
        _ = try await harness.store.authenticate(short.token)
        harness.clock.advance(999)
        _ = try await harness.store.authenticate(short.token)
        harness.clock.advance(1)
        await expectError(.unauthenticated) { try await harness.store.authenticate(short.token) }
        #expect(try await harness.store.tokens(of: anna).map(\.tokenID) == [anna.tokenID])
        #expect(try await harness.store.maintain().prunedTokens == 1)
        #expect(try await harness.store.maintain().prunedTokens == 0)
    }

    @Test func lifetimesAreCutToTheMaximum() async throws {
        let harness = try Harness { $0.tokens.maximumLifetimeMs = 5_000 }
        let anna = try await harness.user("anna")
        let long = try await harness.store.createToken(for: anna, label: "", lifetimeMs: .max)
        #expect(long.expiresAtMs == harness.clock.now + 5_000)
        await expectError(.invalidArgument) {
            try await harness.store.createToken(for: anna, label: "", lifetimeMs: -1)
        }
    }

    @Test func revokingActsOnTheNextCall() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let issued = try await harness.login("anna")
        let other = try await harness.store.authenticate(issued.token)
        try await harness.store.logout(other)
        await expectError(.unauthenticated) { try await harness.store.authenticate(issued.token) }
        await expectError(.unauthenticated) { try await harness.store.logout(other) }
        #expect(try await harness.store.tokens(of: anna).count == 1)
    }

    @Test func nobodyRevokesAnothersToken() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let berta = try await harness.user("berta", role: .admin)
        await expectError(.notFound) { try await harness.store.revokeToken(id: anna.tokenID, by: berta) }
        #expect(try await harness.store.tokens(of: anna).count == 1)
    }

    @Test func tokensPerUserAreLimited() async throws {
        let harness = try Harness { $0.tokens.tokensPerUser = 3 }
        let anna = try await harness.user("anna")
        for _ in 0..<2 { _ = try await harness.store.createToken(for: anna, label: "") }
        await expectError(.resourceExhausted, "3 of 3") { try await harness.store.createToken(for: anna, label: "") }
    }

    @Test func lastUseIsCoarseAndSurvives() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let issued = try await harness.login("anna")
        #expect(try await harness.store.tokens(of: anna).first?.lastUsedAtMs == nil)
        _ = try await harness.store.authenticate(issued.token)
        let grain = harness.clock.now - harness.clock.now % 600_000
        #expect(try await harness.store.tokens(of: anna).first?.lastUsedAtMs == grain)
        try harness.store.close()
        let again = try RegistryStore(harness.configuration)
        #expect(try await again.tokens(of: anna).first?.lastUsedAtMs == grain)
    }

    @Test func changingThePasswordEndsTheOtherTokens() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let other = try await harness.login("anna")
        _ = try await harness.store.authenticate(other.token)
        await expectError(.unauthenticated) {
            try await harness.store.changePassword(of: anna, old: "wrong horse", new: "battery staple", address: "a")
        }
        await expectError(.invalidArgument) {
            try await harness.store.changePassword(of: anna, old: Harness.password, new: "short", address: "a")
        }
        try await harness.store.changePassword(of: anna, old: Harness.password, new: "battery staple", address: "a")
        await expectError(.unauthenticated) { try await harness.store.authenticate(other.token) }
        #expect(try await harness.store.tokens(of: anna).map(\.tokenID) == [anna.tokenID])
        await expectError(.unauthenticated) { try await harness.login("anna") }
        _ = try await harness.login("anna", password: "battery staple")
    }

    @Test func resettingThePasswordEndsAllTokens() async throws {
        let harness = try Harness()
        let issued = try await harness.user("anna")
        let admin = try await harness.user("root", role: .admin)
        await expectError(.permissionDenied) {
            try await harness.store.resetPassword(name: "root", to: "battery staple", by: .principal(issued))
        }
        try await harness.store.resetPassword(name: "anna", to: "battery staple", by: .principal(admin))
        #expect(try await harness.store.tokens(of: issued) == [])
        _ = try await harness.login("anna", password: "battery staple")
    }

    @Test func onlyAdministratorsManageAccounts() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let store = harness.store
        await expectError(.permissionDenied) {
            try await store.createUser(name: "eve", password: Harness.password, role: .admin, by: .principal(anna))
        }
        await expectError(.permissionDenied) { try await store.users(by: .principal(anna)) }
        await expectError(.permissionDenied) { try await store.setSuspended(true, name: "anna", by: .principal(anna)) }
        await expectError(.permissionDenied) { try await store.audit(by: .principal(anna)) }
        let root = try await harness.user("root", role: .admin)
        _ = try await store.createUser(name: "carl", password: Harness.password, role: .user, by: .principal(root))
        #expect(try await store.users(by: .principal(root)).map(\.name) == ["anna", "carl", "root"])
        #expect(try await store.users(limit: 1, after: "anna", by: .principal(root)).map(\.name) == ["carl"])
        await expectError(.alreadyExists) {
            try await store.createUser(name: "carl", password: Harness.password, role: .user, by: .principal(root))
        }
    }

    @Test func suspendingActsAtOnceAndKeepsOneAdministrator() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let root = try await harness.user("root", role: .admin)
        let token = try await harness.login("anna").token
        _ = try await harness.store.authenticate(token)
        try await harness.store.setSuspended(true, name: "anna", by: .principal(root))
        await expectError(.unauthenticated) { try await harness.store.authenticate(token) }
        await expectError(.unauthenticated) { try await harness.login("anna") }
        // A call that was already authenticated must not write either.
        await expectError(.unauthenticated) { try await harness.store.commit(enrollment("mug", "1"), by: anna) }
        await expectError(.failedPrecondition, "last administrator") {
            try await harness.store.setSuspended(true, name: "root", by: .principal(root))
        }
        try await harness.store.setSuspended(false, name: "anna", by: .console)
        _ = try await harness.login("anna")
    }

    @Test func failedLoginsAreThrottledPerAccountAndAddress() async throws {
        let harness = try Harness { $0.throttle.pair.free = 3 }
        _ = try await harness.user("anna")
        for _ in 0..<3 {
            await expectError(.unauthenticated) { try await harness.login("anna", password: "wrong horse") }
        }
        let error = await expectError(.resourceExhausted, "wait") { try await harness.login("anna") }
        #expect(error?.retryAfterMs == 1_000)
        // The same account from elsewhere is not locked out.
        _ = try await harness.store.login(name: "anna", password: Harness.password, address: "198.51.100.7")
        harness.clock.advance(1_000)
        await expectError(.unauthenticated) { try await harness.login("anna", password: "wrong horse") }
        let longer = await expectError(.resourceExhausted) { try await harness.login("anna") }
        #expect(longer?.retryAfterMs == 2_000)
        harness.clock.advance(2_000)
        _ = try await harness.login("anna")
        await expectError(.unauthenticated) { try await harness.login("anna", password: "wrong horse") }
        _ = try await harness.login("anna")
    }

    @Test func parallelGuessesDoNotSlipThroughTheThrottle() async throws {
        let harness = try Harness { $0.throttle.pair.free = 3 }
        _ = try await harness.user("anna")
        let codes = await withTaskGroup(of: RegistryError.Code?.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    do { _ = try await harness.login("anna", password: "wrong horse") } catch {
                        return (error as? RegistryError)?.code
                    }
                    return nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes.filter { $0 == .unauthenticated }.count == 3)
        #expect(codes.filter { $0 == .resourceExhausted }.count == 13)
    }
}
