import RPC
import RPCCore
import RPCTestSupport
import RPCTransport
import Testing
import WaitingTestSupport

/// A server's session fed with bytes as clients send them, without a socket.
@Suite(.timeLimit(.minutes(10))) struct ServerPipeTests {
    private static func chunk(_ count: Int, last: Bool = false) throws -> [UInt8] {
        Framer.frame(try PhotoChunk(data: [UInt8](repeating: 7, count: count), last: last).encode())
    }

    /// What a client says who uploads two photos in three pieces, and asks something else meanwhile.
    private static func session() throws -> [UInt8] {
        let photos = try chunk(40) + chunk(30, last: true) + chunk(5, last: true)
        let text = Framer.frame(try TextPiece(text: "meanwhile").encode())
        let frames: [HTTP2Frame] = [
            .settings([(4, 100_000)]), .windowUpdate(0, 1 << 20),
            .headers(1, PipePeer.request(Echo.gather.name)), .settingsSeen,
            .data(1, Array(photos[..<50])),
            .headers(3, PipePeer.request(Echo.unary.name)), .data(3, text, ends: true),
            .ping(77), .data(1, Array(photos[50...])), .data(1, [], ends: true),
        ]
        return HTTP2Frame.preface + frames.flatMap(\.bytes)
    }

    private static func expected() throws -> [UInt32: [[UInt8]]] {
        [
            1: [try UploadReceipt(photos: 2, bytes: 75).encode()],
            3: [try TextPiece(text: "meanwhile").encode()],
        ]
    }

    private static func holds(_ peer: PipePeer, _ pieces: [[UInt8]], _ note: Comment) async throws {
        for piece in pieces { peer.pipe.feed(piece) }
        for (stream, messages) in try expected() {
            let answer = try await peer.whole(stream)
            #expect(try answer.messages == messages && answer.status == .ok, note)
            #expect(answer.blocks.count == 2 && answer.reset == nil, note)
        }
        let answer = HTTP2Frame.ping(77, isAnswer: true)
        if !peer.others.contains(answer) { #expect(try await peer.first { $0 == answer } != nil, note) }
        peer.pipe.hangUp()
    }

    @Test func bytesCutAnywhereMeanTheSame() async throws {
        let server = try await TestServer.onPipes()
        let session = try Self.session()
        for cut in 0...session.count {
            let peer = await PipePeer.client(of: server.server, preface: false)
            try await Self.holds(peer, [Array(session[..<cut]), Array(session[cut...])], "cut at \(cut)")
        }
        await server.stop()
    }

    @Test func bytesThatComeOneByOneMeanTheSame() async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server, preface: false)
        try await Self.holds(peer, try Self.session().map { [$0] }, "one by one")
        await server.stop()
    }

    /// A client that is gone in the middle, wherever it was: nothing of its calls is left.
    @Test func aClientGoneAnywhereLeavesNothing() async throws {
        let server = try await TestServer.onPipes()
        let session = try Self.session()
        for end in stride(from: 0, to: session.count, by: 3) {
            let peer = await PipePeer.client(of: server.server, preface: false)
            peer.pipe.feed(Array(session[..<end]))
            peer.pipe.hangUp(end % 2 == 0 ? nil : RPCError(code: .unavailable, message: "broken"))
        }
        try await eventually("no call, no connection and no byte is left") {
            let now = await server.server.statistics
            return now.activeCalls == 0 && now.connections == 0 && now.requestBytes == 0
        }
        #expect(server.server.openCalls.isEmpty)
        await server.stop()
    }

    /// How the body of a call with one request may be wrong.
    @Test(
        arguments: [
            ([], StatusCode.invalidArgument, "no request message"),
            ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .invalidArgument, "more than one"),
            ([0, 0, 0], .internalError, "inside a message"),
            ([0, 0, 0, 0, 9, 1, 2], .internalError, "inside a message"),
            ([7, 0, 0, 0, 0], .internalError, "flag 7"), ([1, 0, 0, 0, 0], .internalError, "compressed"),
            ([0, 0, 0, 0, 2, 0x0A, 9], .invalidArgument, ""),
            ([0, 0xFF, 0, 0, 0], .resourceExhausted, "at most"),
        ] as [([UInt8], StatusCode, String)])
    func aBodyThatIsNotOneMessageIsRefused(_ body: [UInt8], _ code: StatusCode, _ words: String)
        async throws
    {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(.headers(1, PipePeer.request(Echo.unary.name)), .data(1, body, ends: true))
        let answer = try await peer.whole(1)
        let message = PercentEncoding.decode(answer["grpc-message"] ?? "")
        #expect(answer.status == code && answer.blocks.count == 1, "\(answer)")
        #expect(words.isEmpty ? !message.isEmpty : message.contains(words), "\(message)")
        // The connection goes on.
        peer.pipe.feed(
            .headers(3, PipePeer.request(Echo.unary.name)), .data(3, Framer.frame([]), ends: true))
        #expect(try await peer.whole(3).status == .ok)
        await server.stop()
    }

    @Test(
        arguments: [
            (":method", "GET", "405", nil), ("content-type", "text/html", "415", nil),
            ("grpc-timeout", "soon", "200", .invalidArgument),
            (":path", "/nowhere", "200", .unimplemented),
            (":path", "/no.Service/Method", "200", .unimplemented),
            ("grpc-encoding", "gzip", "200", .unimplemented),
            ("authorization", "Bearer bad", "200", .unauthenticated),
        ] as [(String, String, String, StatusCode?)])
    func headersThatCannotBeServedAreAnsweredInOneBlock(
        _ name: String, _ value: String, _ http: String, _ code: StatusCode?
    ) async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        var fields = PipePeer.request(Echo.unary.name).filter { $0.0 != name }
        // Pseudo-headers come first.
        fields.insert((name, value), at: name.hasPrefix(":") ? 0 : fields.count)
        peer.pipe.feed(.headers(1, fields), .data(1, Framer.frame([])))
        let answer = try await peer.whole(1)
        #expect(
            answer[":status"] == http && answer.status == code && answer.blocks.count == 1, "\(answer)")
        // The client still sends: it is told to stop, without an error.
        try await peer.catchUp()
        #expect(peer.streams[1]?.reset == 0)
        await server.stop()
    }

    @Test func aResetCancelsTheHandlerAndOthersGoOn() async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(
            .headers(1, PipePeer.request(Echo.hang.name)), .data(1, Framer.frame([]), ends: true))
        #expect(await server.nextSignal() == "begun")
        peer.pipe.feed(
            .reset(1), .headers(3, PipePeer.request(Echo.unary.name)),
            .data(3, Framer.frame([]), ends: true))
        #expect(await server.nextSignal() == "cancelled")
        #expect(try await peer.whole(3).status == .ok)
        #expect(peer.streams[1] == nil, "nothing is sent on a stream that was reset")
        await server.stop()
    }

    /// Trailers of a request end its body, and say nothing else.
    @Test func trailersOfARequestEndIt() async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(
            .headers(1, PipePeer.request(Echo.gather.name)), .data(1, try Self.chunk(9, last: true)),
            .headers(1, [("grpc-status", "13"), ("authorization", "Bearer bad")], ends: true))
        let answer = try await peer.whole(1)
        #expect(
            try answer.messages == [UploadReceipt(photos: 1, bytes: 9).encode()] && answer.status == .ok)
        await server.stop()
    }

    /// Frames that break HTTP/2 end the connection with the code that RFC 9113 names, and only it.
    private static let broken: [(String, [HTTP2Frame], UInt32)] = {
        let open = HTTP2Frame.headers(1, PipePeer.request(Echo.gather.name))
        return [
            ("data on no stream", [.data(0, [1])], 1), ("headers on no stream", [.headers(0, [])], 1),
            ("data on a stream nobody opened", [.data(5, [1])], 1),
            ("a stream of the server's", [.headers(2, PipePeer.request(Echo.gather.name))], 1),
            (
                "a push promise",
                [open, HTTP2Frame(HTTP2Frame.Kind.push, flags: 4, stream: 1, [0, 0, 0, 2])], 1
            ),
            (
                "a continuation of nothing",
                [HTTP2Frame(HTTP2Frame.Kind.continuation, flags: 4, stream: 1)], 1
            ),
            (
                "something between the parts of a header block",
                [HTTP2Frame(HTTP2Frame.Kind.headers, stream: 1, [0x82]), .ping()], 1
            ),
            (
                "settings of seven bytes", [HTTP2Frame(HTTP2Frame.Kind.settings, [0, 0, 0, 0, 0, 0, 0])], 6
            ),
            ("settings on a stream", [HTTP2Frame(HTTP2Frame.Kind.settings, stream: 1)], 1),
            (
                "an acknowledgement with settings",
                [HTTP2Frame(HTTP2Frame.Kind.settings, flags: 1, [0, 4, 0, 0, 0, 0])], 6
            ),
            ("a window above 2^31 - 1", [.settings([(4, 0x8000_0000)])], 3),
            ("a ping of seven bytes", [HTTP2Frame(HTTP2Frame.Kind.ping, [1, 2, 3, 4, 5, 6, 7])], 6),
            ("a window update of nothing for all", [.windowUpdate(0, 0)], 1),
            ("a window that overflows", [.windowUpdate(0, 0x7FFF_FFFF)], 3),
            ("a reset of no stream", [HTTP2Frame.reset(0)], 1),
            ("a reset of a stream nobody opened", [.reset(9)], 1),
            ("a frame above 16 KiB", [open, .data(1, [UInt8](repeating: 0, count: 16_385))], 6),
            (
                "a header block that is no HPACK",
                [HTTP2Frame(HTTP2Frame.Kind.headers, flags: 4, stream: 1, [0xFF])], 9
            ),
            (
                "padding longer than the frame",
                [open, HTTP2Frame(HTTP2Frame.Kind.data, flags: 8, stream: 1, [9, 1])], 1
            ),
        ]
    }()

    @Test(arguments: broken.indices) func whatBreaksHTTP2EndsTheConnection(_ index: Int) async throws {
        let (what, frames, code) = Self.broken[index]
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(frames.flatMap(\.bytes))
        let farewell = try await peer.farewell()
        #expect(farewell?.code == code, "\(what): \(String(describing: farewell))")
        #expect(peer.pipe.ending != nil, "\(what)")
        let other = await PipePeer.client(of: server.server)
        other.pipe.feed(
            .headers(1, PipePeer.request(Echo.unary.name)), .data(1, Framer.frame([]), ends: true))
        #expect(try await other.whole(1).status == .ok, "\(what)")
        try await eventually("only the other one is left") { await server.server.statistics.connections == 1 }
        await server.stop()
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX", "\u{0}\u{1}\u{2}",
    ])
    func whatIsNoPrefaceEndsTheConnection(_ words: String) async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server, preface: false)
        peer.pipe.feed(Array((words + String(repeating: "x", count: 30)).utf8))
        while try await peer.next() != nil {}
        #expect(peer.pipe.ending != nil)
        try await eventually("its place is free") { await server.server.statistics.connections == 0 }
        await server.stop()
    }

    /// A client that says goodbye gets the answers that are under way.
    @Test func afterTheClientsGoAwayItsCallsAreServed() async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(.headers(1, PipePeer.request(Echo.chat.name)), .goAway(last: 0, 0))
        peer.pipe.feed(.data(1, Framer.frame(try TextPiece(text: "still").encode()), ends: true))
        let answer = try await peer.whole(1)
        #expect(try answer.messages == [TextPiece(text: "still").encode()] && answer.status == .ok)
        #expect(try await peer.farewell() == nil, "it ends without an error")
        await server.stop()
    }

    /// The last stream of a server that drains is not decided yet: calls that crossed its words are refused, not lost.
    @Test func aServerThatDrainsRefusesAndFinishes() async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(.headers(1, PipePeer.request(Echo.chat.name)), .data(1, Framer.frame([])))
        _ = try await peer.first { $0.kind == HTTP2Frame.Kind.data }
        let shutdown = Task { await server.server.shutdown(grace: .seconds(3600)) }
        let notice = try await peer.first { $0.kind == HTTP2Frame.Kind.goAway }
        #expect(notice?.word(at: 0) == 0x7FFF_FFFF && notice?.word(at: 4) == 0)
        peer.pipe.feed(
            .headers(3, PipePeer.request(Echo.unary.name)), .data(3, Framer.frame([]), ends: true))
        #expect(try await peer.whole(3).status == .unavailable)
        peer.pipe.feed(.data(1, [], ends: true))
        #expect(try await peer.whole(1).status == .ok)
        await shutdown.value
        while try await peer.next() != nil {}
        #expect(peer.others.last { $0.kind == HTTP2Frame.Kind.goAway }?.word(at: 0) == 3)
    }
}
