import Registry
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct TokenTests {
    @Test func aTokenMakesOnlyTokensThatMayDoNoMore() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        #expect(anna.scopes == [.read, .query, .enroll])
        let narrow = try await store.createToken(for: anna, label: "phone", scopes: [.read, .query])
        let phone = try await store.authenticate(narrow.token)
        #expect(phone.scopes == [.read, .query] && narrow.scopes == phone.scopes)
        await expectError(.permissionDenied, "lacks the scope enroll") {
            try await store.createToken(for: phone, label: "", scopes: [.read, .enroll])
        }
        await expectError(.permissionDenied, "role user cannot") {
            try await store.createToken(for: anna, label: "", scopes: [.read, .admin])
        }
        await expectError(.permissionDenied, "at least one") {
            try await store.createToken(for: anna, label: "", scopes: [])
        }
        #expect(try await store.createToken(for: phone, label: "").scopes == [.read, .query])
        // A narrow token cannot end or replace a wide one.
        await expectError(.permissionDenied) { try await store.revokeToken(id: anna.tokenID, by: phone) }
        await expectError(.permissionDenied) {
            try await store.rotateToken(id: anna.tokenID, overlapMs: 0, by: phone)
        }
        try await store.revokeToken(id: phone.tokenID, by: anna)
        await expectError(.unauthenticated) { try await store.createToken(for: phone, label: "") }
        let listed = try await store.tokens(of: anna)
        #expect(listed.map(\.isCaller) == [false, true] && listed.map(\.scopes) == [[.read, .query], anna.scopes])
    }

    @Test func loginsTakeScopesOfTheRoleOnly() async throws {
        let harness = try Harness()
        _ = try await harness.user("anna")
        let issued = try await harness.store.login(
            name: "anna", password: Harness.password, scopes: [.query], address: "192.0.2.1")
        #expect(try await harness.store.authenticate(issued.token).scopes == [.query])
        await expectError(.permissionDenied, "read, query, enroll") {
            try await harness.store.login(
                name: "anna", password: Harness.password, scopes: [.admin], address: "192.0.2.1")
        }
        #expect(try Scopes(names: ["read", "admin"]) == [.read, .admin])
        #expect(Scopes.all.names == ["read", "query", "enroll", "admin"])
        await expectError(.invalidArgument, "no scope write") { try Scopes(names: ["write"]) }
    }

    @Test func rotationOverlaps() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let old = try await store.createToken(for: anna, label: "robot", lifetimeMs: 1_000_000, scopes: [.query])
        let new = try await store.rotateToken(id: old.tokenID, overlapMs: 5_000, by: anna)
        #expect(new.scopes == [.query] && new.expiresAtMs == harness.clock.now + 1_000_000)
        #expect(try await store.authenticate(old.token).expiresAtMs == harness.clock.now + 5_000)
        #expect(try await store.live(among: [.token(old.tokenID), .token(new.tokenID), .token(99)]).count == 2)
        harness.clock.advance(5_000)
        await expectError(.unauthenticated) { try await store.authenticate(old.token) }
        #expect(try await store.authenticate(new.token).tokenID == new.tokenID)
        #expect(try await store.live(among: [.token(old.tokenID), .token(new.tokenID)]) == [.token(new.tokenID)])
        #expect(try await store.tokens(of: anna).first?.label == "robot")
        await expectError(.invalidArgument) { try await store.rotateToken(id: new.tokenID, overlapMs: -1, by: anna) }
        await expectError(.notFound) { try await store.rotateToken(id: 99, overlapMs: 0, by: anna) }
        // A token may rotate itself.
        let caller = try await store.authenticate(new.token)
        let own = try await store.rotateToken(id: caller.tokenID, overlapMs: 0, by: caller)
        await expectError(.unauthenticated) { try await store.authenticate(new.token) }
        #expect(try await store.authenticate(own.token).name == "anna")
    }

    @Test func whateverEndsATokenIsTold() async throws {
        let harness = try Harness()
        let store = harness.store
        let admin = Actor.principal(try await harness.user("root", role: .admin))
        let anna = try await harness.user("anna")
        let told = Mutex(0)
        store.onCredentialChange { told.withLock { $0 += 1 } }
        let other = try await harness.login("anna")
        #expect(told.withLock { $0 } == 0)
        try await store.revokeToken(id: other.tokenID, by: anna)
        _ = try await store.rotateToken(id: anna.tokenID, overlapMs: 1_000, by: anna)
        try await store.changePassword(of: anna, old: Harness.password, new: Harness.password, address: "a")
        _ = try await store.setRole(.auditor, name: "anna", by: admin)
        try await store.setSuspended(true, name: "anna", by: admin)
        #expect(told.withLock { $0 } == 5)
        #expect(try await store.live(among: [.token(anna.tokenID)]) == [])
    }

    @Test func aRevokedTokenChangesNothingMore() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(enrollment("mug", "1"), by: anna)
        try await harness.store.logout(anna)
        await expectError(.unauthenticated) { try await harness.store.commit(enrollment("mug", "2"), by: anna) }
        await expectError(.unauthenticated) { try await harness.store.deleteConcept("mug", by: anna) }
        #expect(try await harness.store.conceptSet(of: anna.userID).items.count == 1)
    }
}

@Suite(.timeLimit(.minutes(10))) struct RoleTests {
    @Test func auditorsReadAndChangeNothing() async throws {
        let harness = try Harness()
        let store = harness.store
        let iris = try await harness.user("iris", role: .auditor)
        #expect(iris.scopes == [.read])
        let actor = Actor.principal(iris)
        #expect(try await store.users(by: actor).map(\.name) == ["iris"])
        #expect(try await store.audit(by: actor).records.count == 2)
        await expectError(.permissionDenied, "only administrators") {
            try await store.createUser(name: "eve", password: Harness.password, role: .user, by: actor)
        }
        await expectError(.permissionDenied) { try await store.setSuspended(true, name: "iris", by: actor) }
        await expectError(.permissionDenied) { try await store.setRole(.admin, name: "iris", by: actor) }
        await expectError(.permissionDenied) { try await store.commit(enrollment("mug", "1"), by: iris) }
        let anna = try await harness.user("anna")
        await expectError(.permissionDenied, "administrators and auditors") {
            try await store.audit(by: .principal(anna))
        }
    }

    @Test func anAdministratorsNarrowTokenIsNoAdministrator() async throws {
        let harness = try Harness()
        let root = try await harness.user("root", role: .admin)
        let narrow = try await harness.store.createToken(for: root, label: "", scopes: [.read, .query])
        let phone = try await harness.store.authenticate(narrow.token)
        await expectError(.permissionDenied, "lacks the scope admin") {
            try await harness.store.users(by: .principal(phone))
        }
        await expectError(.permissionDenied, "lacks the scope admin") {
            try await harness.store.resetPassword(name: "root", to: Harness.password, by: .principal(phone))
        }
    }

    @Test func rolesChangeAndTheLastAdministratorStays() async throws {
        let harness = try Harness()
        let store = harness.store
        let root = Actor.principal(try await harness.user("root", role: .admin))
        let anna = try await harness.login("root")
        await expectError(.failedPrecondition, "last administrator") {
            try await store.setRole(.user, name: "root", by: root)
        }
        _ = try await harness.user("ben")
        #expect(try await store.setRole(.admin, name: "ben", by: root).role == .admin)
        #expect(try await store.setRole(.user, name: "root", by: root).role == .user)
        #expect(try await store.authenticate(anna.token).scopes == [.read, .query, .enroll])
        await expectError(.unauthenticated) { try await store.setSuspended(true, name: "ben", by: root) }
        await expectError(.notFound) { try await store.setRole(.user, name: "nobody", by: .console) }
    }
}
