import Client
import Foundations
import RPC
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct TokenTests {
    private func copy(_ harness: Harness, _ token: String?) throws -> MyVLMClient {
        try MyVLMClient(
            ConnectionOptions(
                host: harness.address.host, port: harness.address.port, authorityFile: harness.home.authority),
            token: token, timeout: Harness.patience)
    }

    @Test func scopesDecideWhatATokenMayDo() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let photo = try Harness.photo(1)
            let order = try Harness.order("zibo")
            let reader = try copy(harness, try await ann.createToken(label: "tv", scopes: [.read]).token)
            #expect(try await reader.whoAmI().token?.scopes == ["read"])
            #expect(try await reader.concepts().isEmpty)
            let refused = [
                await failure { _ = try await reader.recognize(photo) },
                await failure { _ = try await reader.captioned(photo) },
                await failure { _ = try await reader.enrolled(order) },
                await failure { _ = try await reader.deleteConcept("zibo") },
                await failure { _ = try await reader.users() },
                await failure { _ = try await reader.createToken(scopes: [.query]) },
            ]
            for error in refused {
                #expect(error?.code == .permissionDenied && error?.exitCode == 77, "\(String(describing: error))")
            }
            #expect(refused[0]?.message.contains("lacks the scope query") == true)
            let asker = try copy(harness, try await ann.createToken(scopes: [.query]).token)
            #expect(try await asker.recognize(photo).results.isEmpty)
            #expect(await failure { _ = try await asker.concepts() }?.code == .permissionDenied)
            for client in [ann, reader, asker] { await client.close() }
        }
    }

    @Test func rotatingOverlapsAndRevokingEnds() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let before = try copy(harness, ann.token)
            let new = try await ann.rotateToken(overlap: .seconds(60))
            #expect(ann.token == new.token && new.info.current == false)
            #expect(try await before.whoAmI().name == "ann")
            harness.now.withLock { $0 += 61_000 }
            #expect(await failure { _ = try await before.whoAmI() }?.code == .unauthenticated)
            #expect(try await ann.tokens().map(\.id) == [new.info.id])
            let other = try await ann.createToken(label: "robot")
            let robot = try copy(harness, other.token)
            #expect(try await robot.whoAmI().token?.label == "robot")
            try await ann.revokeToken(other.info.id)
            #expect(await failure { _ = try await robot.whoAmI() }?.code == .unauthenticated)
            #expect(await failure { try await ann.revokeToken(other.info.id) }?.code == .notFound)
            for client in [ann, before, robot] { await client.close() }
        }
    }

    /// Revoking, suspending and expiry reach calls that are open, not only the next ones.
    @Test(arguments: ["revoke", "suspend", "expire"])
    func endingATokenEndsItsOpenCalls(_ how: String) async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let admin = try await harness.admin()
            let made = try await ann.createToken(lifetime: .seconds(600))
            let watcher = try copy(harness, made.token)
            let (opened, source) = AsyncStream.makeStream(of: Void.self)
            let watching = Task {
                await failure {
                    for try await _ in watcher.watch() { source.yield() }
                }
            }
            for await _ in opened { break }
            switch how {
            case "revoke": try await ann.revokeToken(made.info.id)
            case "suspend": _ = try await admin.setSuspended(true, user: "ann")
            default: harness.now.withLock { $0 += 601_000 }
            }
            let error = await watching.value
            #expect(error?.code == .unauthenticated, "\(String(describing: error))")
            #expect(error?.message.contains("revoked or has expired") == true)
            for client in [ann, admin, watcher] { await client.close() }
        }
    }

    @Test func auditorsSeeAccountsAndHaveNoConcepts() async throws {
        try await Harness.run { harness in
            let admin = try await harness.admin()
            _ = try await admin.createUser(name: "iris", password: Harness.userPassword, role: .auditor)
            let iris = try harness.client()
            #expect(try await iris.login(user: "iris", password: Harness.userPassword).scopes == ["read"])
            #expect(try await iris.users().map(\.role) == [.admin, .auditor])
            let order = try Harness.order("zibo")
            #expect(await failure { _ = try await iris.enrolled(order) }?.code == .permissionDenied)
            #expect(await failure { _ = try await iris.setRole(.admin, user: "iris") }?.code == .permissionDenied)
            #expect(try await admin.setRole(.user, user: "iris").role == .user)
            let last = await failure { _ = try await admin.setRole(.user, user: "admin") }
            #expect(last?.code == .failedPrecondition && last?.exitCode == 65)
            try await admin.resetPassword(user: "iris", to: "a brand new password")
            #expect(await failure { _ = try await iris.whoAmI() }?.code == .unauthenticated)
            _ = try await iris.login(user: "iris", password: "a brand new password")
            await iris.close()
            await admin.close()
        }
    }
}
