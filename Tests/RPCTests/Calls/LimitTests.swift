import Foundation
import RPC
import Testing
import WaitingTestSupport

@Suite(.timeLimit(.minutes(10))) struct LimitTests {
    @Test func anOversizedMessageEndsItsCallOnly() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let big = TextPiece(text: String(repeating: "x", count: 2000))
        #expect(await code { _ = try await channel.call(Echo.fast, big) } == .resourceExhausted)
        let huge = TextPiece(text: String(repeating: "x", count: 5 << 20))
        #expect(await code { _ = try await channel.call(Echo.unary, huge) } == .resourceExhausted)
        #expect(try await channel.call(Echo.fast, TextPiece(text: "still here")).text == "still here")
        #expect(await server.server.statistics.acceptedConnections == 1)
        await server.stop()
    }

    @Test func anOversizedReplyEndsItsCallOnly() async throws {
        let server = try await TestServer()
        let channel = try server.channel { $0.maximumReplyBytes = 1000 }
        let big = TextPiece(text: String(repeating: "x", count: 2000))
        #expect(await code { _ = try await channel.call(Echo.unary, big) } == .resourceExhausted)
        #expect(try await channel.call(Echo.unary, TextPiece(text: "ok")).text == "ok")
        await server.stop()
    }

    /// The client knows the server's limit, once it heard of it, and does not send what would end the connection.
    @Test func oversizedHeadersAreNotSent() async throws {
        let server = try await TestServer { $0.limits.maximumHeaderListBytes = 2000 }
        let channel = try server.channel()
        #expect(try await channel.call(Echo.unary, TextPiece(text: "ok")).text == "ok")
        let options = CallOptions(metadata: ["long": String(repeating: "x", count: 4000)])
        let error = await failure { _ = try await channel.call(Echo.unary, TextPiece(), options: options) }
        #expect(error?.code == .resourceExhausted && error?.message.contains("2000") == true)
        #expect(try await channel.call(Echo.unary, TextPiece(text: "ok")).text == "ok")
        #expect(await server.server.statistics.acceptedConnections == 1)
        await server.stop()
    }

    /// Connections that made no call filled all places of their address.
    @Test func connectionsThatSayNothingGiveWay() async throws {
        let server = try await TestServer { $0.limits.maximumConnectionsPerAddress = 4 }
        let mine = try server.channel()
        _ = try await mine.call(Echo.unary, TextPiece())
        var silent: [RawSocket] = []
        for _ in 0..<20 { silent.append(try RawSocket(port: server.server.endpoint.port)) }
        try await eventually("17 connections gave way") { await server.server.statistics.refusedConnections >= 17 }
        let other = try server.channel()
        #expect(try await other.call(Echo.unary, TextPiece(text: "new")).text == "new")
        #expect(try await mine.call(Echo.unary, TextPiece(text: "old")).text == "old")
        #expect(await server.server.statistics.connections == 4)
        try await eventually("the oldest gave way") { silent[0].isClosed }
        await server.stop()
    }

    @Test func aConnectionThatMakesNoCallIsClosed() async throws {
        let server = try await TestServer { $0.limits.strangerTimeout = .seconds(1) }
        let channel = try server.channel()
        _ = try await channel.call(Echo.unary, TextPiece())
        let silent = try await WirePeer(server)
        await server.time.advance(by: .milliseconds(999))
        #expect(await server.server.statistics.connections == 2)
        await server.time.advance(by: .milliseconds(51))
        for await _ in silent.frames {}
        #expect(await server.server.statistics.connections == 1, "that of the known caller stays")
        await server.stop()
    }

    @Test func connectionsFromOneAddressAreLimited() async throws {
        let server = try await TestServer { $0.limits.maximumConnectionsPerAddress = 2 }
        let channels = try (0..<3).map { _ in try server.channel() }
        #expect(await code { _ = try await channels[0].call(Echo.unary, TextPiece()) } == nil)
        #expect(await code { _ = try await channels[1].call(Echo.unary, TextPiece()) } == nil)
        #expect(await code { _ = try await channels[2].call(Echo.unary, TextPiece()) } == .unavailable)
        await channels[0].close()
        // The server hears of the close a moment later: asked again until it has.
        try await eventually("there is a place for the third") {
            await code { _ = try await channels[2].call(Echo.unary, TextPiece()) } == nil
        }
        #expect(await server.server.statistics.refusedConnections >= 1)
        await server.stop()
    }

    @Test func anIdleConnectionIsClosedAndMadeAnew() async throws {
        let server = try await TestServer { $0.limits.idleTimeout = .milliseconds(100) }
        let channel = try server.channel()
        _ = try await channel.call(Echo.unary, TextPiece())
        try await eventually("the idle connection is closed") {
            await server.time.advance(by: .milliseconds(100))
            return await server.server.statistics.connections == 0
        }
        #expect(try await channel.call(Echo.unary, TextPiece(text: "again")).text == "again")
        #expect(await server.server.statistics.acceptedConnections == 2)
        await server.stop()
    }

    @Test func aFloodOfResetsEndsTheConnection() async throws {
        let server = try await TestServer {
            $0.limits.resetsPerSecond = 1
        }
        let channel = try server.channel()
        _ = try await channel.call(Echo.unary, TextPiece())
        for _ in 0..<20 {
            // The connection may end at any of them.
            guard let replies = try? await channel.call(Echo.endless, TextPiece(text: "x")) else { continue }
            _ = try? await replies.next()
            replies.cancel()
        }
        try await eventually("the flood ended a connection") {
            _ = try? await channel.call(Echo.unary, TextPiece())
            return await server.server.statistics.acceptedConnections > 1
        }
        // The connection in use may be one that the flood ended too: its last calls are refused, and those after them
        // have a connection of their own.
        try await eventually("a call is served again") {
            await code { _ = try await channel.call(Echo.unary, TextPiece(text: "new")) } == nil
        }
        await server.stop()
    }

    @Test func garbageAndSilenceInsteadOfAHandshake() async throws {
        let server = try await TestServer { $0.limits.handshakeTimeout = .milliseconds(300) }
        for bytes in [
            [], Array("GET / HTTP/1.1\r\n\r\n".utf8), [UInt8](repeating: 0xFF, count: 5000), [0x16, 3, 1, 0xFF, 0xFF],
        ] {
            let socket = try RawSocket(port: server.server.endpoint.port)
            socket.send(bytes)
            try await eventually("the server closes after \(bytes.prefix(4))") {
                await server.time.advance(by: .milliseconds(50))
                return socket.isClosed
            }
        }
        let accepted = await server.server.statistics.acceptedConnections
        let trickle = try RawSocket(port: server.server.endpoint.port)
        try await eventually("it is accepted") {
            await server.server.statistics.acceptedConnections == accepted + 1
        }
        // A handshake at one byte every 50 ms makes progress all the time and is cut off all the same.
        for byte in [0x16, 3, 1, 0, 200, 1, 0, 0, 196] as [UInt8] {
            trickle.send([byte])
            await server.time.advance(by: .milliseconds(50))
        }
        try await eventually("the handshake is cut off") { trickle.isClosed }
        let channel = try server.channel()
        #expect(try await channel.call(Echo.unary, TextPiece(text: "fine")).text == "fine")
        try await eventually("only the last one is left") { await server.server.statistics.connections == 1 }
        await server.stop()
    }
}
