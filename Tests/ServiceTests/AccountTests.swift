import Client
import Foundations
import RPC
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct AccountTests {
    @Test func wrongNamesAndPasswordsLookTheSame() async throws {
        try await Harness.run { harness in
            let client = try harness.client()
            let unknown = await failure { _ = try await client.login(user: "nobody", password: "some password") }
            let wrong = await failure { _ = try await client.login(user: "admin", password: "some password") }
            #expect(unknown?.code == .unauthenticated && unknown?.exitCode == 77)
            #expect(wrong?.code == .unauthenticated && wrong?.message == unknown?.message)
            #expect(wrong?.requestID != nil && wrong?.requestID != unknown?.requestID)
            await client.close()
        }
    }

    @Test func expiredAndRevokedTokensEnd() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let short = try harness.client()
            let login = try await short.login(
                user: "ann", password: Harness.userPassword, lifetime: .seconds(60))
            #expect(login.expiresAtMs == harness.now.value + 60_000)
            harness.now.withLock { $0 += 61_000 }
            #expect(await failure { _ = try await short.whoAmI() }?.code == .unauthenticated)
            #expect(try await ann.whoAmI().name == "ann")
            let copy = try MyVLMClient(
                ConnectionOptions(
                    host: harness.address.host, port: harness.address.port, authorityFile: harness.home.authority),
                token: ann.token, timeout: Harness.patience)
            #expect(try await copy.whoAmI().name == "ann")
            try await ann.logout()
            #expect(await failure { _ = try await copy.whoAmI() }?.code == .unauthenticated)
            #expect(await failure { _ = try await ann.concepts() }?.exitCode == 77)
            for client in [ann, short, copy] { await client.close() }
        }
    }

    @Test func onlyAdministratorsManageUsers() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            #expect(await failure { _ = try await ann.users() }?.code == .permissionDenied)
            let refused = await failure {
                _ = try await ann.createUser(name: "eve", password: Harness.userPassword, role: .admin)
            }
            #expect(refused?.code == .permissionDenied && refused?.exitCode == 77)
            let admin = try await harness.admin()
            #expect(try await admin.users().map(\.name) == ["admin", "ann"])
            let taken = await failure { _ = try await admin.createUser(name: "ann", password: Harness.userPassword) }
            #expect(taken?.code == .alreadyExists && taken?.exitCode == 73)
            await ann.close()
            await admin.close()
        }
    }

    @Test func changingThePasswordEndsOtherTokens() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let other = try harness.client()
            _ = try await other.login(user: "ann", password: Harness.userPassword)
            let wrong = await failure { try await ann.changePassword(old: "not this one", new: "another password 2") }
            #expect(wrong?.code == .unauthenticated || wrong?.code == .permissionDenied)
            try await ann.changePassword(old: Harness.userPassword, new: "another password 2")
            #expect(try await ann.whoAmI().name == "ann")
            #expect(await failure { _ = try await other.whoAmI() }?.code == .unauthenticated)
            #expect(
                await failure { _ = try await other.login(user: "ann", password: Harness.userPassword) }?.code
                    == .unauthenticated)
            _ = try await other.login(user: "ann", password: "another password 2")
            await ann.close()
            await other.close()
        }
    }

    /// Every call but Login is refused before its body is read.
    @Test func everyCallNeedsAToken() async throws {
        try await Harness.run { harness in
            let client = try harness.client()
            let photo = try Harness.photo(1)
            let order = try Harness.order("zibo")
            let errors = [
                await failure { try await client.logout() },
                await failure { _ = try await client.whoAmI() },
                await failure { try await client.changePassword(old: "a long password", new: "another one") },
                await failure { _ = try await client.createUser(name: "eve", password: "a long password") },
                await failure { _ = try await client.users() },
                await failure { _ = try await client.enrolled(order) },
                await failure { _ = try await client.concepts() },
                await failure { _ = try await client.concept("zibo") },
                await failure { _ = try await client.versions(of: "zibo") },
                await failure { _ = try await client.rollback("zibo") },
                await failure { _ = try await client.deleteConcept("zibo") },
                await failure { _ = try await client.captioned(photo) },
                await failure { for try await _ in client.ask(photo, "what?") {} },
                await failure { _ = try await client.recognize(photo) },
                await failure { _ = try await client.status() },
                await failure { _ = try await client.setSuspended(true, user: "admin") },
                await failure { _ = try await client.setRole(.user, user: "admin") },
                await failure { _ = try await client.resetPassword(user: "admin", to: "a long password") },
                await failure { _ = try await client.createToken() },
                await failure { _ = try await client.tokens() },
                await failure { _ = try await client.rotateToken() },
                await failure { _ = try await client.revokeToken(1) },
                await failure { _ = try await client.promote("zibo", to: "1") },
                await failure { _ = try await client.setAlias("best", of: "zibo", to: "1") },
                await failure { _ = try await client.undeleteConcept("zibo") },
                await failure { for try await _ in client.watch() {} },
                await failure { _ = try await client.eraseConcept("zibo") },
                await failure { _ = try await client.usage() },
                await failure { _ = try await client.setQuotas(["bytes": 1], of: "admin") },
                await failure { _ = try await client.share("zibo", with: "admin") },
                await failure { _ = try await client.shares() },
                await failure { _ = try await client.acceptShare("zibo", of: "ann") },
                await failure { _ = try await client.declineShare("zibo", of: "ann") },
                await failure { _ = try await client.blockSharer("ann") },
                await failure { _ = try await client.unblockSharer("ann") },
                await failure { _ = try await client.addIdentity("CN=x", to: "admin") },
                await failure { _ = try await client.jobs() },
                await failure { _ = try await client.erasures() },
                await failure { _ = try await client.audit() },
                await failure { _ = try await client.createBackup() },
                await failure { _ = try await client.eraseUser("admin") },
            ]
            for (index, error) in errors.enumerated() {
                #expect(error?.code == .unauthenticated, "call \(index): \(String(describing: error))")
            }
            await client.close()
        }
    }

    /// A login needs no token, so what it may send is small.
    @Test func aHugeLoginIsRefused() async throws {
        try await Harness.run { harness in
            let client = try harness.client()
            let error = await failure {
                _ = try await client.login(user: "ann", password: String(repeating: "x", count: 100_000))
            }
            #expect(error?.code == .resourceExhausted, "\(String(describing: error))")
            await client.close()
        }
    }
}
