import Client
import RPC
import RPCTestSupport
import Testing

/// What the client keeps between two calls: its token and its connection; and listings that take several.
@Suite(.timeLimit(.minutes(10))) struct SessionTests {
    @Test func theTokenIsThatOfTheLastLoginOrRotation() async throws {
        let server = try ScriptedServer { script in
            script.on(AccountsMethods.login) { LoginReply(token: "of \($0.user)", user: .init(name: $0.user)) }
            script.on(AccountsMethods.rotateToken) { request in
                TokenReply(token: "rotated \(request.id)", info: .init(id: 8, label: "tv"))
            }
            script.on(AccountsMethods.createToken) { _ in TokenReply(token: "another", info: .init(id: 9)) }
            script.on(AccountsMethods.logout) { _ in LogoutReply() }
            script.on(AccountsMethods.whoAmI) { _ in .init(name: "ann") }
        }
        let client = MyVLMClient(channel: try server.channel())
        _ = try await client.whoAmI()
        let login = try await client.login(user: "ann", password: "p")
        #expect(login.token == "of ann" && login.account.name == "ann" && client.token == "of ann")
        _ = try await client.whoAmI()
        // Somebody else's token is none of the client's.
        #expect(try await client.createToken().token == "another" && client.token == "of ann")
        #expect(try await client.rotateToken(7).token == "rotated 7" && client.token == "of ann")
        #expect(try await client.rotateToken().info.label == "tv" && client.token == "rotated 0")
        _ = try await client.whoAmI()
        try await client.logout()
        #expect(client.token == nil)
        _ = try await client.whoAmI()
        let asked = server.calls.filter { $0.method.method == "WhoAmI" }.map(\.authorization)
        #expect(asked == [nil, "Bearer of ann", "Bearer rotated 0", nil])
        await client.close()
    }

    @Test func aFailedLoginLeavesTheTokenAsItWas() async throws {
        let server = try ScriptedServer { script in
            script.on(AccountsMethods.login) { _ in throw RPCError(code: .unauthenticated, message: "no") }
            script.on(AccountsMethods.logout) { _ in throw RPCError(code: .unavailable, message: "later") }
        }
        let client = MyVLMClient(channel: try server.channel(), token: "mine")
        await #expect(throws: MyVLMError.self) { try await client.login(user: "ann", password: "wrong") }
        await #expect(throws: MyVLMError.self) { try await client.logout() }
        #expect(client.token == "mine", "nobody knows whether the server ended it")
        await client.close()
    }

    /// A page that is full is asked for what follows its last row.
    @Test(arguments: [0, 1, 99, 100, 101, 200, 250]) func conceptsComeInPages(_ count: Int) async throws {
        let names = (0..<count).map { "c\(1000 + $0)" }
        let server = try ScriptedServer { script in
            script.on(ConceptsMethods.listConcepts) { request in
                let rest = names.filter { $0 > request.after }.prefix(Int(request.limit))
                return ListConceptsReply(concepts: rest.map { .init(name: $0, currentVersion: 1) })
            }
        }
        let client = MyVLMClient(channel: try server.channel())
        #expect(try await client.concepts().map(\.name) == names)
        #expect(server.calls.count == count / 100 + 1)
        await client.close()
    }

    @Test(arguments: [0, 100, 150]) func versionsComeInPagesNewestFirst(_ count: Int) async throws {
        let server = try ScriptedServer { script in
            script.on(ConceptsMethods.listVersions) { request in
                let newest = request.before == 0 ? count : Int(request.before) - 1
                let numbers = stride(from: newest, to: max(0, newest - Int(request.limit)), by: -1)
                return ListVersionsReply(versions: numbers.map { .init(number: UInt32($0)) })
            }
        }
        let client = MyVLMClient(channel: try server.channel())
        #expect(
            try await client.versions(of: "zibo").map { Int($0.number) }
                == Array((1...max(1, count)).reversed().prefix(count)))
        await client.close()
    }

    @Test func usersComeInPages() async throws {
        let names = (0..<1_500).map { "u\(10_000 + $0)" }
        let server = try ScriptedServer { script in
            script.on(AccountsMethods.listUsers) { request in
                ListUsersReply(
                    users: names.filter { $0 > request.after }.prefix(Int(request.limit)).map { .init(name: $0) })
            }
        }
        let client = MyVLMClient(channel: try server.channel())
        #expect(try await client.users().map(\.name) == names)
        #expect(server.calls.count == 2)
        await client.close()
    }

    /// A connection that was lost is made again with the next call; the one that was under way is not repeated.
    @Test func aLostConnectionIsMadeAgain() async throws {
        let dialled = try DialledChannel()
        let client = MyVLMClient(channel: dialled.channel, token: "t")
        let first = Task { try await client.whoAmI() }
        let lost = await dialled.accept()
        #expect(try await lost.whole(1)["authorization"] == "Bearer t")
        lost.pipe.hangUp()
        let error = await #expect(throws: MyVLMError.self) { try await first.value }
        #expect(error?.code == .unavailable && error?.exitCode == 69)
        let second = Task { try await client.whoAmI() }
        let next = await dialled.accept()
        #expect(try await next.whole(1)[":path"] == "/myvlm.v1.Accounts/WhoAmI")
        next.pipe.feed(
            .headers(1, PipePeer.response), .data(1, Framer.frame([0x0A, 3, 0x61, 0x6E, 0x6E])),
            .headers(1, [("grpc-status", "0")], ends: true))
        #expect(try await second.value.name == "ann")
        await client.close()
        let closed = await #expect(throws: MyVLMError.self) { try await client.whoAmI() }
        #expect(closed?.code == .unavailable && closed?.message.contains("closed") == true)
    }
}
