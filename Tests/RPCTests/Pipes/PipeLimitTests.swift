import RPC
import RPCCore
import RPCTestSupport
import Testing
import WaitingTestSupport

/// What a server takes from one connection, counted to the frame and the millisecond: its time is the test's.
@Suite(.timeLimit(.minutes(10))) struct PipeLimitTests {
    private static let calm: UInt32 = 11

    /// A kind of frame that makes work for nothing.
    struct Flood: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let words: String
        /// How many are free before the burst of twenty begins to count.
        let free: Int
        /// How many strikes one round is.
        let weight: Int
        let round: @Sendable (UInt32) -> [HTTP2Frame]
    }

    private static let floods = [
        // The settings that every client says first are one.
        Flood(testDescription: "settings", words: "too_many_resets", free: 0, weight: 1) { _ in
            [.settings()]
        },
        Flood(testDescription: "priorities", words: "too_many_resets", free: 0, weight: 1) {
            [HTTP2Frame(HTTP2Frame.Kind.priority, stream: 2 * $0 + 1, [0, 0, 0, 0, 7])]
        },
        Flood(
            testDescription: "answers to pings nobody sent", words: "too_many_resets", free: 0, weight: 1
        ) {
            [.ping($0, isAnswer: true)]
        },
        Flood(testDescription: "resets", words: "too_many_resets", free: 0, weight: 1) {
            [.headers(2 * $0 + 1, PipePeer.request(Echo.hang.name)), .reset(2 * $0 + 1)]
        },
        Flood(testDescription: "window updates", words: "too_many_resets", free: 512, weight: 1) { _ in
            [.windowUpdate(0, 1)]
        },
        Flood(testDescription: "pings", words: "too_many_pings", free: 1, weight: 1) { [.ping($0)] },
    ]

    /// Twenty at once, and five a second after that: the next one ends the connection.
    @Test(arguments: floods) func workForNothingHasABurstAndARate(_ flood: Flood) async throws {
        let server = try await TestServer.onPipes { $0.limits.resetsPerSecond = 5 }
        let peer = await PipePeer.client(of: server.server)
        var number: UInt32 = 0
        func more(_ count: Int) {
            for _ in 0..<count {
                peer.pipe.feed(flood.round(number).flatMap(\.bytes))
                number += 1
            }
        }
        more(flood.free + 19)
        await peer.pipe.settle()
        #expect(peer.pipe.ending == nil, "the burst is free")
        await server.time.advance(by: .seconds(1))
        more(1)
        await peer.pipe.settle()
        #expect(peer.pipe.ending == nil, "a second later there is room for more")
        more(20)
        let farewell = try await peer.farewell()
        #expect(
            farewell?.code == Self.calm && farewell?.words == flood.words,
            "\(String(describing: farewell))")
        #expect(peer.pipe.ending == .parted)
        await server.stop()
    }

    /// A client that is sent much may say so.
    @Test func whoReadsMuchUpdatesMuch() async throws {
        let server = try await TestServer.onPipes { $0.limits.resetsPerSecond = 5 }
        let peer = await PipePeer.client(of: server.server)
        let request = Framer.frame(try LoginRequest(user: String(repeating: "x", count: 200), label: "3000").encode())
        peer.pipe.feed(.headers(1, PipePeer.request(Echo.repeated.name)), .data(1, request, ends: true))
        var updates = 0
        while peer.streams[1]?.isEnded != true, let frame = try await peer.next() {
            guard frame.kind == HTTP2Frame.Kind.data, !frame.payload.isEmpty else { continue }
            peer.pipe.feed(
                .windowUpdate(0, UInt32(frame.payload.count)), .windowUpdate(1, UInt32(frame.payload.count)))
            updates += 2
        }
        #expect(try peer.streams[1]?.messages.count == 3000 && peer.streams[1]?.status == .ok)
        #expect(peer.pipe.ending == nil && updates > 60, "\(updates) updates")
        await server.stop()
    }

    @Test func aHeaderBlockHasAnEndInTime() async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(HTTP2Frame(HTTP2Frame.Kind.headers, stream: 1, HTTP2Frame.block([("a", "b")])))
        await peer.pipe.settle()
        await server.time.advance(by: .milliseconds(9_950))
        #expect(peer.pipe.ending == nil)
        await server.time.advance(by: .milliseconds(50))
        let farewell = try await peer.farewell()
        #expect(farewell?.code == Self.calm && farewell?.words == "headers_too_slow")
        await server.stop()
    }

    @Test(arguments: [(1, 15_000, true), (1, 17_000, false), (28, 500, true), (40, 500, false)])
    func aHeaderListHasALimit(_ count: Int, _ bytes: Int, _ isTaken: Bool) async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        let more = (0..<count).map { ("x-\($0)", String(repeating: "v", count: bytes)) }
        let block = HTTP2Frame.block(PipePeer.request(Echo.unary.name, more))
        // In pieces of a frame's size.
        let pieces = stride(from: 0, to: block.count, by: 16_384).map {
            Array(block[$0..<min($0 + 16_384, block.count)])
        }
        for (index, piece) in pieces.enumerated() {
            peer.pipe.feed(
                HTTP2Frame(
                    index == 0 ? HTTP2Frame.Kind.headers : HTTP2Frame.Kind.continuation,
                    flags: index == pieces.count - 1 ? HTTP2Frame.endHeaders : 0, stream: 1, piece))
        }
        peer.pipe.feed(.data(1, Framer.frame([]), ends: true))
        if isTaken {
            #expect(try await peer.whole(1).status == .ok)
        } else {
            let farewell = try await peer.farewell()
            #expect(farewell?.code == Self.calm && farewell?.words == "header_list_too_large")
        }
        await server.stop()
    }

    /// The time from the headers to the end of the one request message.
    @Test(arguments: [[], [0, 0, 0, 0, 9, 1], [0, 0, 0, 0, 0]] as [[UInt8]])
    func aRequestHasItsTime(_ body: [UInt8]) async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(.headers(1, PipePeer.request(Echo.unary.name)), .data(1, body))
        try await begun(server, 1)
        await server.time.advance(by: .milliseconds(59_950))
        try await peer.catchUp()
        #expect(peer.streams[1] == nil)
        await server.time.advance(by: .milliseconds(50))
        #expect(try await peer.whole(1).status == .deadlineExceeded)
        await server.stop()
    }

    @Test(arguments: [("5S", 5_000), ("250m", 250), ("1M", 60_000), ("2000000u", 2_000)])
    func aDeadlineIsMetToTheMillisecond(_ header: String, _ milliseconds: Int) async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(
            .headers(1, PipePeer.request(Echo.hang.name, [("grpc-timeout", header)])),
            .data(1, Framer.frame([]), ends: true))
        #expect(await server.nextSignal() == "begun")
        await server.time.advance(by: .milliseconds(milliseconds - 1))
        try await peer.catchUp()
        #expect(peer.streams[1] == nil)
        await server.time.advance(by: .milliseconds(1))
        #expect(try await peer.whole(1).status == .deadlineExceeded)
        #expect(await server.nextSignal() == "cancelled")
        await server.stop()
    }

    @Test func aSilentPeerIsPingedAndGivenUp() async throws {
        let server = try await TestServer.onPipes {
            $0.limits.keepaliveInterval = .seconds(60)
            $0.limits.keepaliveTimeout = .seconds(20)
        }
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(
            .headers(1, PipePeer.request(Echo.hang.name)), .data(1, Framer.frame([]), ends: true))
        #expect(await server.nextSignal() == "begun")
        await server.time.advance(by: .seconds(60))
        let ping = try #require(try await peer.first { $0.kind == HTTP2Frame.Kind.ping })
        await server.time.advance(by: .milliseconds(19_900))
        #expect(peer.pipe.ending == nil)
        // Any bytes will do; answered in time it has another minute.
        peer.pipe.feed(HTTP2Frame(HTTP2Frame.Kind.ping, flags: HTTP2Frame.acknowledges, ping.payload))
        await peer.pipe.settle()
        await server.time.advance(by: .milliseconds(59_900))
        #expect(peer.pipe.ending == nil)
        await server.time.advance(by: .milliseconds(100))
        _ = try #require(try await peer.first { $0.kind == HTTP2Frame.Kind.ping })
        await server.time.advance(by: .seconds(20))
        #expect(peer.pipe.ending == .closed)
        #expect(await server.nextSignal() == "cancelled")
        await server.stop()
    }

    @Test func aConnectionWithoutCallsEndsPolitely() async throws {
        let server = try await TestServer.onPipes { $0.limits.idleTimeout = .seconds(300) }
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(
            .headers(1, PipePeer.request(Echo.unary.name)), .data(1, Framer.frame([]), ends: true))
        #expect(try await peer.whole(1).status == .ok)
        await server.time.advance(by: .seconds(299))
        #expect(peer.pipe.ending == nil)
        await server.time.advance(by: .seconds(2))
        #expect(try await peer.farewell() == nil, "no error")
        #expect(peer.others.last?.kind == HTTP2Frame.Kind.goAway)
        try await eventually("its place is free") { await server.server.statistics.connections == 0 }
        await server.stop()
    }

    @Test func whoMakesNoCallGivesItsPlaceBack() async throws {
        let server = try await TestServer.onPipes { $0.limits.strangerTimeout = .seconds(20) }
        let silent = await PipePeer.client(of: server.server)
        let known = await PipePeer.client(of: server.server)
        let refused = await PipePeer.client(of: server.server)
        for (peer, token) in [(known, "Bearer ann"), (refused, "Bearer bad")] {
            peer.pipe.feed(
                .headers(1, PipePeer.request(Echo.unary.name, token: token)),
                .data(1, Framer.frame([]), ends: true))
            #expect(try await peer.whole(1).isEnded)
        }
        await server.time.advance(by: .milliseconds(19_900))
        #expect(await server.server.statistics.connections == 3)
        await server.time.advance(by: .milliseconds(150))
        for peer in [silent, refused] {
            #expect(try await peer.farewell() == nil && peer.pipe.ending != nil)
        }
        #expect(known.pipe.ending == nil)
        await server.stop()
    }

    private func begun(_ server: TestServer, _ count: Int) async throws {
        try await eventually("\(count) calls are authorised") { server.server.openCalls.count == count }
    }
}
