import RPC
import RPCCore
import Testing
import WaitingTestSupport

/// Bodies that never end, and messages that nobody counted: 24 MiB times a hundred streams of one user.
@Suite(.timeLimit(.minutes(10))) struct RequestBodyTests {
    private func bounds(_ configuration: inout ServerConfiguration) {
        configuration.limits.requests = RequestBounds(
            calls: 100, callsPerAccount: 8, bytes: 8 << 20, bytesPerAccount: 3 << 20)
        configuration.limits.strangersRequests = RequestBounds(
            calls: 10, callsPerAccount: 2, bytes: 1 << 20, bytesPerAccount: 512 << 10)
    }

    /// A message of a megabyte that is announced, and not sent whole.
    private static let unfinished = [0, 0, 16, 0, 0] + [UInt8](repeating: 10, count: 20_000)

    @Test func oneUsersUnfinishedMessagesAreBoundedAndGivenBack() async throws {
        let server = try await TestServer { bounds(&$0) }
        let connection = try await RawConnection(server)
        let calls = (0..<6).map { _ in connection.call(Echo.unary.name, body: Self.unfinished) }
        // With what its window lets through behind it a message counts twice: one call is kept, the others are told.
        var refused = 0
        for await fields in Self.answers(calls, atLeast: 5) {
            #expect(fields.contains(HeaderField("grpc-status", "8")))
            #expect(fields.contains(HeaderField("retry-after-ms", "1000")))
            refused += 1
        }
        #expect(refused == 5)
        #expect(await server.server.statistics.requestBytes == 2 << 20)
        // Others are not concerned.
        let other = try server.channel()
        let options = CallOptions(metadata: ["authorization": "Bearer bob"])
        let text = String(repeating: "x", count: 1 << 20)
        #expect(try await other.call(Echo.unary, TextPiece(text: text), options: options).text.utf8.count == 1 << 20)
        await server.stop()
        #expect(await server.server.statistics.requestBytes == 0)
    }

    /// The answers of the first calls that end.
    private static func answers(_ calls: [RawCall], atLeast count: Int) -> AsyncStream<[HeaderField]> {
        AsyncStream { continuation in
            Task {
                await withTaskGroup(of: [HeaderField].self) { group in
                    for call in calls { group.addTask { await call.answer() } }
                    for _ in 0..<count {
                        if let fields = await group.next() { continuation.yield(fields) }
                    }
                    continuation.finish()
                }
            }
        }
    }

    @Test func openCallsOfOneUserAreBounded() async throws {
        let server = try await TestServer { bounds(&$0) }
        let connection = try await RawConnection(server)
        let calls = (0..<9).map { _ in connection.call(Echo.chat.name) }
        var found: [[HeaderField]] = []
        for await fields in Self.answers(calls, atLeast: 1) { found.append(fields) }
        #expect(found.count == 1 && found[0].contains(HeaderField("grpc-status", "8")))
        await server.stop()
    }

    /// Whole but not half-closed: it waited without a limit of time.
    @Test func aMessageThatIsNotHalfClosedHasItsTime() async throws {
        let server = try await TestServer { $0.limits.requestTimeout = .milliseconds(100) }
        let connection = try await RawConnection(server)
        let whole = Framer.frame([])
        let unary = connection.call(Echo.unary.name, body: whole)
        let streaming = connection.call(Echo.repeated.name, body: whole)
        let begun = connection.call(Echo.unary.name, body: Array(Self.unfinished))
        let ended = try await server.lettingTimePass(.milliseconds(50), "all three have their status") {
            [await unary.status(), await streaming.status(), await begun.status()]
        }
        #expect(ended == [.deadlineExceeded, .deadlineExceeded, .deadlineExceeded])
        await server.stop()
    }

    @Test func aStreamOfMessagesMayNotPauseForEver() async throws {
        let server = try await TestServer { $0.limits.messageTimeout = .milliseconds(100) }
        let connection = try await RawConnection(server)
        let silent = connection.call(Echo.gather.name)
        let paused = connection.call(Echo.gather.name, body: Framer.frame([]))
        let ended = try await server.lettingTimePass(.milliseconds(50), "both have their status") {
            [await silent.status(), await paused.status()]
        }
        #expect(ended == [.deadlineExceeded, .deadlineExceeded])
        let chat = connection.call(Echo.chat.name, body: Framer.frame([]))
        let half = connection.call(Echo.chat.name, body: [0, 0, 0])
        let late = try await server.lettingTimePass(.milliseconds(50), "the half message has its status") {
            await half.status()
        }
        #expect(late == .deadlineExceeded, "a message that was begun has its time")
        try await eventually("the chat has begun") { server.server.openCalls.contains { $0.method == Echo.chat.name } }
        await server.time.advance(by: .seconds(10))
        #expect(
            server.server.openCalls.contains { $0.method == Echo.chat.name }, "a pause between two messages may last")
        withExtendedLifetime(chat) {}
        await server.stop()
    }

    @Test func strangersGetLessTimeAndFewerCalls() async throws {
        let server = try await TestServer {
            bounds(&$0)
            $0.limits.strangersRequestTimeout = .milliseconds(500)
        }
        let connection = try await RawConnection(server)
        let calls = (0..<3).map { _ in
            connection.call(Echo.unary.name, [HeaderField("stranger", "yes")], body: Framer.frame([]))
        }
        var codes: [String] = []
        for await fields in Self.answers(calls, atLeast: 1) {
            codes.append(fields.first { $0.name == "grpc-status" }?.value ?? "none")
        }
        #expect(codes == ["8"], "two wait for their time, the third finds no place")
        try await eventually("the third is gone") { server.server.openCalls.count == 2 }
        await server.time.advance(by: .milliseconds(550))
        var all: [StatusCode?] = []
        for call in calls { all.append(await call.status()) }
        #expect(all.filter { $0 == .deadlineExceeded }.count == 2, "\(all)")
        await server.stop()
    }

    @Test func anUploadLongerThanAllBoundsPassesPieceByPiece() async throws {
        // Its window, the piece that is read and the one that arrives: a little more than three megabytes at a time.
        let server = try await TestServer {
            bounds(&$0)
            $0.limits.requests.bytesPerAccount = 4 << 20
        }
        let channel = try server.channel()
        let options = CallOptions(metadata: ["authorization": "Bearer ann"])
        let piece = [UInt8](repeating: 1, count: 1 << 20)
        let receipt = try await channel.call(Echo.gather, options: options) { writer in
            for _ in 0..<12 { try await writer.write(PhotoChunk(data: piece)) }
        }
        #expect(receipt.bytes == 12 << 20)
        await server.stop()
        #expect(await server.server.statistics.requestBytes == 0)
    }
}
