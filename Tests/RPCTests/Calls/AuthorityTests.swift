import RPC
import RPCCore
import Testing
import WaitingTestSupport

/// Authority that ends closes calls, those that still read among them.
@Suite(.timeLimit(.minutes(10))) struct AuthorityTests {
    private let gone = RPCError(code: .unauthenticated, message: "the token was revoked meanwhile")

    private func opened(_ server: TestServer, _ count: Int) async throws -> [OpenCall] {
        try await eventually("\(count) calls are open") { server.server.openCalls.count >= count }
        return server.server.openCalls
    }

    @Test func callsThatReadAndCallsAtWorkEnd() async throws {
        let server = try await TestServer()
        let connection = try await RawConnection(server)
        let calls = [
            connection.call(Echo.unary.name), connection.call(Echo.unary.name, body: [0, 0, 0, 0, 9]),
            connection.call(Echo.gather.name), connection.call(Echo.chat.name),
            connection.call(Echo.hang.name, body: Framer.frame([]), ends: true),
        ]
        #expect(await server.nextSignal() == "begun")
        let all = try await opened(server, calls.count)
        #expect(all.allSatisfy { ($0.principal as? Principal)?.name == "Bearer ann" })
        server.server.end(all, gone)
        for call in calls.dropLast() { #expect(await call.status() == .unauthenticated) }
        #expect(await server.nextSignal() == "cancelled")
        // One that has its whole request may have an answer all the same, as a logout has.
        #expect([StatusCode.ok, .unauthenticated].contains(await calls.last?.status()))
        try await eventually("every call has ended") { server.server.openCalls.isEmpty }
        await server.stop()
    }

    @Test func othersCallsGoOn() async throws {
        let server = try await TestServer()
        let connection = try await RawConnection(server)
        let mine = connection.call(Echo.unary.name, token: "Bearer ann", body: Framer.frame([]))
        let other = connection.call(Echo.unary.name, token: "Bearer bob", body: Framer.frame([]))
        let all = try await opened(server, 2)
        server.server.end(all.filter { ($0.principal as? Principal)?.name == "Bearer ann" }, gone)
        #expect(await mine.status() == .unauthenticated)
        connection.loop.submit { other.stream.finishWriting() }
        #expect(await other.status() == .ok)
        await server.stop()
    }
}
