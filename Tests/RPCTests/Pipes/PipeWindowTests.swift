import RPC
import RPCCore
import RPCTestSupport
import Testing
import WaitingTestSupport

/// Flow control, counted to the byte (RFC 9113, section 5.2).
@Suite(.timeLimit(.minutes(10))) struct PipeWindowTests {
    private static func ask(_ text: String, _ times: Int) throws -> HTTP2Frame {
        .data(1, Framer.frame(try LoginRequest(user: text, label: "\(times)").encode()), ends: true)
    }

    private static let repeated = HTTP2Frame.headers(1, PipePeer.request(Echo.repeated.name))

    /// Data that has come by now.
    private func received(_ peer: PipePeer) async throws -> Int {
        try await peer.catchUp()
        return peer.streams[1]?.body.count ?? 0
    }

    private func reaches(_ peer: PipePeer, _ count: Int) async throws {
        while peer.streams[1]?.body.count ?? 0 < count, try await peer.next() != nil {}
        #expect(try await received(peer) == count)
    }

    @Test func repliesKeepToTheWindowsOfStreamAndConnection() async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(Self.repeated, try Self.ask(String(repeating: "x", count: 5000), 100))
        try await reaches(peer, 65_535)
        peer.pipe.feed(.windowUpdate(1, 1000))
        #expect(try await received(peer) == 65_535, "the connection's is used up")
        peer.pipe.feed(.windowUpdate(0, 400))
        try await reaches(peer, 65_935)
        peer.pipe.feed(.windowUpdate(0, 10_000))
        try await reaches(peer, 66_535)
        peer.pipe.feed(.windowUpdate(0, 1 << 20), .windowUpdate(1, 1 << 20))
        let answer = try await peer.whole(1)
        #expect(try answer.messages.count == 100 && answer.status == .ok)
        await server.stop()
    }

    @Test func settingsChangeTheWindowOfOpenStreams() async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(.settings([(4, 10)]), Self.repeated, try Self.ask("abcdefgh", 100))
        try await reaches(peer, 10)
        peer.pipe.feed(.settings([(4, 100)]))
        try await reaches(peer, 100)
        // Less than was sent: the window is negative, and opens only when it is above nothing again.
        peer.pipe.feed(.settings([(4, 0)]), .windowUpdate(1, 100))
        #expect(try await received(peer) == 100)
        peer.pipe.feed(.windowUpdate(1, 1))
        try await reaches(peer, 101)
        peer.pipe.feed(.settings([(4, 65_535)]))
        #expect(try await peer.whole(1).status == .ok)
        await server.stop()
    }

    /// Before its caller is known a stream gets what HTTP/2 must give, and not a byte more.
    @Test func whoSendsMoreThanItMayIsEnded() async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        // All at once: nobody has decided on the call before the last of it is here.
        let frames =
            [HTTP2Frame.headers(1, PipePeer.request(Echo.unary.name))]
            + [HTTP2Frame](repeating: .data(1, [UInt8](repeating: 0, count: 16_384)), count: 5)
        peer.pipe.feed(frames.flatMap(\.bytes))
        let farewell = try await peer.farewell()
        #expect(farewell?.code == 3, "FLOW_CONTROL_ERROR: \(String(describing: farewell))")
        await server.stop()
    }

    /// An upload that keeps to the windows gets as much as it needs, and never waits for ever.
    @Test(arguments: [1, 999, 16_384]) func anUploadIsGivenWindows(_ piece: Int) async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        let photo = [UInt8](repeating: 3, count: piece == 1 ? 70_000 : 1 << 20)
        var body: [UInt8] = []
        for _ in 0..<(piece == 1 ? 1 : 5) {
            body += Framer.frame(try PhotoChunk(data: photo, last: true).encode())
        }
        peer.pipe.feed(.headers(1, PipePeer.request(Echo.gather.name)))
        var windows: [UInt32: Int] = [0: 65_535, 1: 65_535]
        var (sent, seen) = (0, 0)
        while sent < body.count {
            let room = min(windows[0] ?? 0, windows[1] ?? 0, piece, body.count - sent)
            if room > 0 {
                peer.pipe.feed(.data(1, Array(body[sent..<sent + room])))
                sent += room
                for stream in [0, 1] as [UInt32] { windows[stream, default: 0] -= room }
                continue
            }
            guard try await peer.next() != nil else { break }
            for frame in peer.others[seen...] where frame.kind == HTTP2Frame.Kind.windowUpdate {
                windows[frame.stream, default: 0] += Int(frame.word(at: 0))
            }
            seen = peer.others.count
        }
        peer.pipe.feed(.data(1, [], ends: true))
        let answer = try await peer.whole(1)
        let count = piece == 1 ? 1 : 5
        #expect(
            try answer.messages == [
                UploadReceipt(photos: UInt32(count), bytes: UInt64(count * photo.count)).encode()
            ], "\(answer.status.map { "\($0)" } ?? "none") after \(sent) of \(body.count)")
        try await eventually("every byte is given back") {
            await server.server.statistics.requestBytes == 0
        }
        await server.stop()
    }

    /// What nobody reads is not written: a socket that takes nothing holds its writers back.
    @Test func aSocketThatTakesNothingStopsTheServer() async throws {
        let server = try await TestServer.onPipes()
        let peer = await PipePeer.client(of: server.server)
        peer.pipe.feed(.settings([(4, 0x7FFF_FFFF)]), .windowUpdate(0, 0x7FFF_0000 - 65_535))
        await peer.pipe.settle()
        peer.pipe.stall()
        let text = Framer.frame(try TextPiece(text: String(repeating: "x", count: 10_000)).encode())
        peer.pipe.feed(.headers(1, PipePeer.request(Echo.endless.name)), .data(1, text, ends: true))
        #expect(await server.nextSignal() == "begun")
        try await eventually("the pipe is full") {
            peer.pipe.pendingBytes >= 256 << 10
        }
        await peer.pipe.settle()
        let held = peer.pipe.written
        #expect(held < 512 << 10, "\(held) bytes")
        peer.pipe.drain()
        try await eventually("it goes on") { peer.pipe.written > 2 * held }
        peer.pipe.hangUp()
        #expect(await server.nextSignal()?.hasPrefix("stopped") == true)
        await server.stop()
    }
}
