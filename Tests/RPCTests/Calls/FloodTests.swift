import RPC
import RPCTestSupport
import Testing

/// What a client must not make the server do for nothing: GOAWAY with ENHANCE_YOUR_CALM, and the others go on.
@Suite(.timeLimit(.minutes(10))) struct FloodTests {
    private static let calm: UInt32 = 11

    /// A way to make the server reset streams, or work for nothing.
    struct Flood: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let round: @Sendable (WirePeer, UInt32) -> Void

        init(_ name: String, _ round: @escaping @Sendable (WirePeer, UInt32) -> Void) {
            testDescription = name
            self.round = round
        }
    }

    private static let floods = [
        Flood("window above 2^31 - 1") { peer, stream in
            peer.open(stream)
            peer.frame(WirePeer.Kind.windowUpdate, stream: stream, [0x7F, 0xFF, 0xFF, 0xFF])
        },
        Flood("window update of nothing") { peer, stream in
            peer.open(stream)
            peer.frame(WirePeer.Kind.windowUpdate, stream: stream, [0, 0, 0, 0])
        },
        Flood("another length than content-length") { peer, stream in
            peer.open(stream, [("content-length", "7")])
            peer.frame(WirePeer.Kind.data, flags: 1, stream: stream, [0, 0, 0, 0, 0])
        },
        Flood("a header in capitals") { peer, stream in peer.open(stream, [("Bad", "x")]) },
        Flood("trailers that do not end the stream") { peer, stream in
            peer.open(stream)
            peer.open(stream)
        },
        Flood("a call that is refused at the door") { peer, stream in
            peer.open(stream, [("authorization", "Bearer bad")])
        },
        Flood("resets by the client") { peer, stream in
            peer.open(stream)
            peer.frame(WirePeer.Kind.reset, stream: stream, [0, 0, 0, 8])
        },
        Flood("more streams than allowed") { peer, stream in peer.open(stream) },
        Flood("empty data") { peer, stream in
            if stream == 1 { peer.open(stream) }
            peer.frame(WirePeer.Kind.data, stream: 1)
        },
        Flood("settings") { peer, _ in peer.frame(WirePeer.Kind.settings) },
        Flood("priorities") { peer, stream in
            peer.frame(WirePeer.Kind.priority, stream: stream, [0, 0, 0, 0, 7])
        },
        Flood("window updates for data nobody sent") { peer, _ in
            peer.frame(WirePeer.Kind.windowUpdate, stream: 0, [0, 0, 0, 1])
        },
    ]

    /// Streams that the server had to reset were not counted: 3,000 of one connection were reset, and it went on.
    @Test(arguments: floods) func workForNothingEndsTheConnection(_ flood: Flood) async throws {
        let server = try await TestServer { $0.limits.resetsPerSecond = 5 }
        let peer = try await WirePeer(server)
        for number: UInt32 in 0..<1500 { flood.round(peer, 2 * number + 1) }
        let end = await peer.goAway()
        // Some break HTTP/2 itself, which ends the connection at once (PROTOCOL_ERROR, STREAM_CLOSED).
        #expect([Self.calm, 1, 5].contains(end?.code), "\(String(describing: end))")
        let channel = try server.channel()
        #expect(try await channel.call(Echo.unary, TextPiece(text: "others go on")).text == "others go on")
        await server.stop()
    }

    @Test func resetsTheServerWasMadeToSendCountLikeTheClients() async throws {
        let server = try await TestServer { $0.limits.resetsPerSecond = 5 }
        let peer = try await WirePeer(server)
        for number: UInt32 in 0..<300 { Self.floods[0].round(peer, 2 * number + 1) }
        let end = await peer.goAway()
        #expect(end?.code == Self.calm && end?.data == "too_many_resets")
        await server.stop()
    }

    @Test func pingsEndWithTheWordsThatClientsKnow() async throws {
        let server = try await TestServer()
        let peer = try await WirePeer(server)
        for number: UInt32 in 0..<60 { peer.frame(WirePeer.Kind.ping, WirePeer.word(number) + [0, 0, 0, 0]) }
        let end = await peer.goAway()
        #expect(end?.code == Self.calm && end?.data == "too_many_pings")
        await server.stop()
    }

    /// One entry of the table, and a byte for each time it is meant: 12,000 bytes stood for 48 MB, and the stream alone
    /// was ended while the rest was decoded.
    @Test func aHeaderListThatUnpacksToMegabytesEndsTheConnection() async throws {
        let server = try await TestServer()
        let peer = try await WirePeer(server)
        let entry = [0x40] + WirePeer.text("a") + WirePeer.text(String(repeating: "v", count: 4000))
        peer.frame(WirePeer.Kind.headers, flags: 5, stream: 1, entry + [UInt8](repeating: 0xBE, count: 12_000))
        let end = await peer.goAway()
        #expect(end?.code == Self.calm && end?.data == "header_list_too_large")
        await server.stop()
    }

    @Test func aHeaderBlockWithoutEndEndsTheConnection() async throws {
        let server = try await TestServer()
        let flooding = try await WirePeer(server)
        let piece = WirePeer.field("a", "b")
        flooding.frame(WirePeer.Kind.headers, stream: 1, piece)
        for _ in 0..<100 { flooding.frame(WirePeer.Kind.continuation, stream: 1, piece) }
        #expect(await flooding.goAway() != nil)
        await server.stop()
    }

    /// Small blocks that each stay below the limit: what they unpack to is bounded by time, while nobody is known.
    @Test func headersOfAStrangerAreBoundedByTime() async throws {
        let server = try await TestServer { $0.limits.strangerHeaderBytesPerSecond = 1000 }
        let peer = try await WirePeer(server)
        let big = [("x", String(repeating: "v", count: 3000)), ("authorization", "Bearer bad")]
        for number: UInt32 in 0..<20 { peer.open(2 * number + 1, big) }
        let end = await peer.goAway()
        #expect(end?.code == Self.calm && end?.data == "too_many_calls")
        await server.stop()
    }
}
