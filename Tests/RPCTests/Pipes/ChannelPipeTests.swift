import RPC
import RPCCore
import RPCTestSupport
import Testing
import WaitingTestSupport

/// A channel whose server is a test: the bytes it sends, and what it makes of those that come.
@Suite(.timeLimit(.minutes(10))) struct ChannelPipeTests {
    private static func piece(_ text: String) throws -> [UInt8] {
        Framer.frame(try TextPiece(text: text).encode())
    }

    private static let good: [(String, String)] = [("grpc-status", "0")]

    /// The reply of a call, or how it failed.
    private func outcome(_ operation: () async throws -> TextPiece) async -> Result<
        TextPiece, RPCError
    > {
        do {
            return .success(try await operation())
        } catch {
            return .failure(
                error as? RPCError ?? RPCError(code: .unknown, message: "not an RPCError: \(error)"))
        }
    }

    private func ask(
        _ dialled: DialledChannel, _ options: CallOptions = CallOptions()
    ) -> Task<Result<TextPiece, RPCError>, Never> {
        let channel = dialled.channel
        return Task {
            await outcome { try await channel.call(Echo.unary, TextPiece(text: "q"), options: options) }
        }
    }

    @Test func aRequestIsWhatTheProtocolSays() async throws {
        let dialled = try DialledChannel()
        let call = ask(
            dialled, CallOptions(metadata: ["authorization": "Bearer x"], timeout: .seconds(5)))
        let server = await dialled.accept()
        let request = try await server.whole(1)
        #expect(
            request.blocks == [
                [
                    HeaderField(":method", "POST"), HeaderField(":scheme", "https"),
                    HeaderField(":path", "/myvlm.test.Echo/Unary"), HeaderField(":authority", "pipe:1"),
                    HeaderField("content-type", "application/grpc"), HeaderField("te", "trailers"),
                    HeaderField("grpc-accept-encoding", "identity"), HeaderField("grpc-timeout", "5000000u"),
                    HeaderField("authorization", "Bearer x"),
                ]
            ])
        #expect(try request.body == Self.piece("q") && request.isEnded)
        let settings = try #require(server.others.first)
        #expect(settings.kind == HTTP2Frame.Kind.settings)
        // No pushes (2), and its windows and limits.
        #expect(
            stride(from: 0, to: settings.payload.count, by: 6).contains { settings.payload[$0 + 1] == 2 })
        server.pipe.feed(
            .headers(1, PipePeer.response), .data(1, try Self.piece("a")),
            .headers(1, Self.good, ends: true))
        #expect(try await call.value.get().text == "a")
    }

    @Test func bytesCutAnywhereMeanTheSame() async throws {
        let reply: [HTTP2Frame] = [
            .headers(1, PipePeer.response + [("x-request-id", "7")]), .windowUpdate(0, 100), .ping(5),
            .data(1, try Self.piece("an answer")), .headers(1, Self.good, ends: true),
        ]
        let bytes = reply.flatMap(\.bytes)
        for cut in 0...bytes.count {
            let dialled = try DialledChannel()
            let call = ask(dialled)
            let server = await dialled.accept()
            _ = try await server.whole(1)
            server.pipe.feed(Array(bytes[..<cut]))
            server.pipe.feed(Array(bytes[cut...]))
            #expect(try await call.value.get().text == "an answer", "cut at \(cut)")
        }
    }

    /// What a server may answer, and what the caller gets to hear.
    struct Told: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let frames: [HTTP2Frame]
        let code: StatusCode
        let words: String

        init(_ what: String, _ frames: [HTTP2Frame], _ code: StatusCode, _ words: String = "") {
            testDescription = what
            self.frames = frames
            self.code = code
            self.words = words
        }
    }

    /// A response as a server sends it, from its headers to its status.
    private static func response(_ body: [UInt8]..., status: String = "0") -> [HTTP2Frame] {
        let data = body.map { HTTP2Frame.data(1, $0) }
        return [.headers(1, PipePeer.response)] + data + [.headers(1, [("grpc-status", status)], ends: true)]
    }

    private static func only(_ fields: [(String, String)]) -> [HTTP2Frame] { [.headers(1, fields, ends: true)] }

    private static let page = [(":status", "200"), ("content-type", "text/html")]

    private static let statuses: [Told] = [
        Told(
            "trailers alone", only(PipePeer.response + [("grpc-status", "5"), ("grpc-message", "no%20dog")]),
            .notFound, "no dog"),
        Told("a status after a message", response([0, 0, 0, 0, 0], status: "8"), .resourceExhausted),
        Told("a status above the known ones", only(PipePeer.response + [("grpc-status", "99")]), .unknown),
        Told("no HTTP status", only([("grpc-status", "0")]), .internalError),
        Told("a page of a proxy", only([(":status", "503"), ("content-type", "text/html")]), .unavailable, "503"),
        Told("a page that is found", [.headers(1, page)], .unknown, "not gRPC"),
        Told("refused before it began", [.reset(1, 7)], .unavailable, "try again"),
        Told("cancelled", [.reset(1, 8)], .cancelled),
        Told("too many calls", [.reset(1, 11)], .resourceExhausted),
        Told("a fault", [.reset(1, 2)], .internalError, "HTTP/2 code 2"),
        Told("goodbye before the call", [.goAway(last: 0, 0)], .unavailable),
        Told(
            "goodbye to a flood", [.goAway(last: 1, 11, "too_many_pings"), .data(0, [])], .resourceExhausted,
            "too_many_pings"),
    ]

    private static let broken: [Told] = [
        Told(
            "a message without a status", [.headers(1, PipePeer.response), .data(1, [0, 0, 0, 0, 0], ends: true)],
            .unknown, "without a status"),
        Told("success without a message", response(), .internalError, "no reply"),
        Told("two messages", response([0, 0, 0, 0, 0], [0, 0, 0, 0, 0]), .internalError, "more than one"),
        Told("half a message", response([0, 0, 0, 0, 9, 1]), .internalError),
        Told("a message that says it is compressed", response([1, 0, 0, 0, 0]), .internalError, "compressed"),
        Told("a message nobody can read", response([0, 0, 0, 0, 2, 0x0A, 9]), .internalError, "cannot be read"),
        Told("a message above the limit", response([0, 0, 0, 9, 0]), .resourceExhausted, "at most 1000"),
        Told(
            "headers twice", [.headers(1, PipePeer.response), .headers(1, PipePeer.response)], .internalError),
        Told("a stream of the server's own", [.headers(2, PipePeer.response)], .unavailable),
        Told(
            "a frame above 16 KiB",
            [.headers(1, PipePeer.response), .data(1, [UInt8](repeating: 0, count: 16_385))], .unavailable),
        Told(
            "headers above the limit",
            [
                HTTP2Frame(
                    HTTP2Frame.Kind.headers, stream: 1,
                    HTTP2Frame.block(PipePeer.response + [("x", String(repeating: "v", count: 9000))])),
                HTTP2Frame(
                    HTTP2Frame.Kind.continuation, flags: HTTP2Frame.endHeaders, stream: 1,
                    HTTP2Frame.block([("y", String(repeating: "v", count: 9000))])),
            ], .resourceExhausted, "headers are too large"),
    ]

    @Test(arguments: statuses + broken) func whatAServerAnswersIsTold(_ told: Told) async throws {
        let dialled = try DialledChannel { $0.maximumReplyBytes = 1000 }
        let call = ask(dialled)
        let server = await dialled.accept()
        _ = try await server.whole(1)
        server.pipe.feed(told.frames.flatMap(\.bytes))
        guard case .failure(let error) = await call.value else {
            Issue.record("\(told.testDescription): taken for a reply")
            return
        }
        #expect(error.code == told.code && error.message.contains(told.words), "\(told.testDescription): \(error)")
    }

    @Test func aConnectionThatBreaksIsToldAndMadeAnew() async throws {
        let dialled = try DialledChannel()
        let broken = ask(dialled)
        let first = await dialled.accept()
        _ = try await first.whole(1)
        first.pipe.feed(.headers(1, PipePeer.response), .data(1, [0, 0]))
        first.pipe.hangUp(RPCError(code: .unavailable, message: "the line is cut"))
        guard case .failure(let error) = await broken.value else {
            Issue.record("half a reply was taken")
            return
        }
        #expect(error.code == .unavailable && error.message == "the line is cut")
        let again = ask(dialled)
        let second = await dialled.accept()
        _ = try await second.whole(1)
        second.pipe.feed(
            .headers(1, PipePeer.response), .data(1, try Self.piece("back")),
            .headers(1, Self.good, ends: true))
        #expect(try await again.value.get().text == "back")
    }

    @Test func whoCannotBeReachedIsToldAndTriedAgain() async throws {
        let dialled = try DialledChannel(refusing: [
            RPCError(code: .unavailable, message: "nothing listens")
        ])
        guard case .failure(let error) = await ask(dialled).value else {
            Issue.record("a call without a connection")
            return
        }
        #expect(error.code == .unavailable && error.message == "nothing listens")
        let again = ask(dialled)
        let server = await dialled.accept()
        _ = try await server.whole(1)
        server.pipe.feed(
            .headers(1, PipePeer.response), .data(1, try Self.piece("there")),
            .headers(1, Self.good, ends: true))
        #expect(try await again.value.get().text == "there")
    }

    /// Calls that a server still serves go on after its goodbye; new ones go elsewhere.
    @Test func afterAGoodbyeNewCallsHaveAnotherConnection() async throws {
        let dialled = try DialledChannel()
        let old = ask(dialled)
        let first = await dialled.accept()
        _ = try await first.whole(1)
        first.pipe.feed(.goAway(last: 1, 0))
        await first.pipe.settle()
        let new = ask(dialled)
        let second = await dialled.accept()
        _ = try await second.whole(1)
        for (server, text) in [(second, "new"), (first, "old")] {
            server.pipe.feed(
                .headers(1, PipePeer.response), .data(1, try Self.piece(text)),
                .headers(1, Self.good, ends: true))
        }
        #expect(try await old.value.get().text == "old")
        #expect(try await new.value.get().text == "new")
        #expect(try await first.farewell() == nil, "the old connection ends when its last call has")
    }

    @Test func aDeadlineIsMetToTheMillisecond() async throws {
        let dialled = try DialledChannel()
        let call = ask(dialled, CallOptions(timeout: .seconds(5)))
        let server = await dialled.accept()
        _ = try await server.whole(1)
        await dialled.time.advance(by: .milliseconds(4_999))
        server.pipe.feed(.ping(1))
        _ = try await server.first { $0 == .ping(1, isAnswer: true) }
        #expect(server.streams[1]?.reset == nil)
        await dialled.time.advance(by: .milliseconds(1))
        guard case .failure(let error) = await call.value else {
            Issue.record("a reply that nobody sent")
            return
        }
        #expect(error.code == .deadlineExceeded)
        _ = try await server.first { $0.kind == HTTP2Frame.Kind.reset }
        #expect(server.streams[1]?.reset == 8, "the server is told")
    }

    @Test func aServerThatFallsSilentIsGivenUp() async throws {
        let dialled = try DialledChannel {
            $0.keepaliveInterval = .seconds(30)
            $0.keepaliveTimeout = .seconds(10)
        }
        let call = ask(dialled)
        let server = await dialled.accept()
        _ = try await server.whole(1)
        await dialled.time.advance(by: .seconds(30))
        let ping = try #require(try await server.first { $0.kind == HTTP2Frame.Kind.ping })
        server.pipe.feed(HTTP2Frame(HTTP2Frame.Kind.ping, flags: HTTP2Frame.acknowledges, ping.payload))
        await server.pipe.settle()
        await dialled.time.advance(by: .seconds(30))
        _ = try #require(try await server.first { $0.kind == HTTP2Frame.Kind.ping })
        await dialled.time.advance(by: .seconds(10))
        guard case .failure(let error) = await call.value else {
            Issue.record("a reply that nobody sent")
            return
        }
        #expect(error.code == .unavailable && error.message.contains("no longer answers"))
        #expect(server.pipe.ending == .closed)
    }

    /// A server that allows one call at a time gets one at a time.
    @Test func callsWaitForTheirTurn() async throws {
        let dialled = try DialledChannel()
        let first = ask(dialled)
        let server = await dialled.accept(settings: [(3, 1)])
        _ = try await server.whole(1)
        let second = ask(dialled)
        server.pipe.feed(.ping(1))
        _ = try await server.first { $0 == .ping(1, isAnswer: true) }
        #expect(server.streams.keys.sorted() == [1])
        server.pipe.feed(
            .headers(1, PipePeer.response), .data(1, try Self.piece("1")),
            .headers(1, Self.good, ends: true))
        #expect(try await first.value.get().text == "1")
        _ = try await server.whole(3)
        server.pipe.feed(
            .headers(3, PipePeer.response), .data(3, try Self.piece("3")),
            .headers(3, Self.good, ends: true))
        #expect(try await second.value.get().text == "3")
    }

    @Test func cancellingHalfWayTellsTheServer() async throws {
        let dialled = try DialledChannel()
        let channel = dialled.channel
        let (seen, seeing) = AsyncStream.makeStream(of: String.self)
        let reading = Task {
            let replies = try await channel.call(Echo.endless, TextPiece(text: "x"))
            for try await reply in replies { seeing.yield(reply.text) }
        }
        let server = await dialled.accept()
        _ = try await server.whole(1)
        server.pipe.feed(.headers(1, PipePeer.response), .data(1, try Self.piece("one")))
        for await text in seen {
            #expect(text == "one")
            break
        }
        reading.cancel()
        await #expect(throws: (any Error).self) { try await reading.value }
        _ = try await server.first { $0.kind == HTTP2Frame.Kind.reset }
        #expect(server.streams[1]?.reset == 8)
        // What was under way is dropped, and the connection goes on.
        server.pipe.feed(.data(1, try Self.piece("late")))
        let call = ask(dialled)
        _ = try await server.whole(3)
        server.pipe.feed(
            .headers(3, PipePeer.response), .data(3, try Self.piece("next")),
            .headers(3, Self.good, ends: true))
        #expect(try await call.value.get().text == "next")
    }
}
