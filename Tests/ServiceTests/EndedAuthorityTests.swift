import Client
import Foundations
import RPC
import Registry
import Service
import Testing

/// A call whose headers came before its authority ended was answered minutes later, when its body did.
@Suite(.timeLimit(.minutes(10))) struct EndedAuthorityTests {
    private static let ways = ["suspend", "revoke", "expire", "password"]

    private func end(_ how: String, _ harness: Harness, _ admin: MyVLMClient, token: Int64) async throws {
        switch how {
        case "suspend": _ = try await admin.setSuspended(true, user: "ann")
        case "revoke":
            let ann = try harness.client()
            _ = try await ann.login(user: "ann", password: Harness.userPassword)
            try await ann.revokeToken(token)
            await ann.close()
        case "password": try await admin.resetPassword(user: "ann", to: "a brand new password")
        default: harness.now.withLock { $0 += 601_000 }
        }
    }

    private func code(_ body: () async throws -> Void) async -> StatusCode? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? RPCError)?.code
        }
    }

    @Test(arguments: ways) func aCallWhoseBodyStillComesEnds(_ how: String) async throws {
        try await Harness.run { harness in
            let (ann, admin) = (try await harness.user("ann"), try await harness.admin())
            let made = try await ann.createToken(lifetime: .seconds(600))
            let options = CallOptions.bearer(made.token)
            let channel = try harness.channel()
            let (begun, source) = AsyncStream.makeStream(of: Void.self)
            let uploading = Task { await code { try await channel.uploadForEver(options, began: source) } }
            for await _ in begun { break }
            try await end(how, harness, admin, token: made.info.id)
            #expect(await uploading.value == .unauthenticated)
            #expect(
                await code { _ = try await channel.call(ConceptsMethods.listConcepts, .init(), options: options) }
                    == .unauthenticated)
            await channel.close()
            for client in [ann, admin] { await client.close() }
        }
    }

    @Test(arguments: ways) func aCallAtWorkEnds(_ how: String) async throws {
        try await Harness.run { harness in
            let (ann, admin) = (try await harness.user("ann"), try await harness.admin())
            let made = try await ann.createToken(lifetime: .seconds(600))
            let options = CallOptions.bearer(made.token)
            let channel = try harness.channel()
            let events = try await channel.call(ConceptsMethods.watch, WatchRequest(), options: options)
            _ = try await events.next()
            try await end(how, harness, admin, token: made.info.id)
            #expect(await code { while try await events.next() != nil {} } == .unauthenticated)
            await channel.close()
            for client in [ann, admin] { await client.close() }
        }
    }

    /// The call that ends its own authority still gets its answer.
    @Test func loggingOutIsAnswered() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            for _ in 0..<20 {
                let other = try harness.client()
                _ = try await other.login(user: "ann", password: Harness.userPassword)
                try await other.logout()
                await other.close()
            }
            await ann.close()
        }
    }

    /// A role that may less ends the calls that need more.
    @Test func aLowerRoleEndsWhatItMayNot() async throws {
        try await Harness.run { harness in
            let (ann, admin) = (try await harness.user("ann"), try await harness.admin())
            let made = try await ann.createToken(lifetime: .seconds(600))
            let options = CallOptions.bearer(made.token)
            let channel = try harness.channel()
            let (begun, source) = AsyncStream.makeStream(of: Void.self)
            let uploading = Task { await code { try await channel.uploadForEver(options, began: source) } }
            for await _ in begun { break }
            _ = try await admin.setRole(.auditor, user: "ann")
            #expect(await uploading.value == .permissionDenied)
            await channel.close()
            for client in [ann, admin] { await client.close() }
        }
    }
}
