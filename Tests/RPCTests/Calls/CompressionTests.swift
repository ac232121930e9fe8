import RPC
import RPCCore
import RPCTransport
import Testing

/// The compressed flag without a compression to go with it was UNIMPLEMENTED, as if another client could do better.
@Suite(.timeLimit(.minutes(10))) struct CompressionTests {
    @Test(arguments: [nil, "identity"] as [String?])
    func aFlagThatNoHeaderAnnouncesIsInternal(_ encoding: String?) async throws {
        let server = try await TestServer()
        let connection = try await RawConnection(server)
        let more = encoding.map { [HeaderField("grpc-encoding", $0)] } ?? []
        let flagged: [UInt8] = [1, 0, 0, 0, 0]
        for method in [Echo.unary.name, Echo.fast.name, Echo.repeated.name, Echo.gather.name, Echo.chat.name] {
            #expect(await connection.call(method, more, body: flagged, ends: true).status() == .internalError)
        }
        let second = connection.call(Echo.gather.name, more, body: Framer.frame([]) + flagged, ends: true)
        #expect(await second.status() == .internalError, "the second message of a stream")
        await server.stop()
    }

    @Test func anUnknownEncodingIsUnimplementedAndTheKnownAreNamed() async throws {
        let server = try await TestServer()
        let connection = try await RawConnection(server)
        let more = [HeaderField("grpc-encoding", "gzip")]
        let fields = await connection.call(Echo.unary.name, more, body: [1, 0, 0, 0, 0], ends: true).answer()
        #expect(fields.contains(HeaderField("grpc-status", "12")))
        #expect(fields.contains(HeaderField("grpc-accept-encoding", "identity")))
        await server.stop()
    }

    @Test(arguments: [nil, "identity", "gzip"] as [String?])
    func aReplyWithTheFlagIsInternalForTheClient(_ encoding: String?) async throws {
        let certificates = try await TestCertificates.shared.value
        let answer = FlaggedAnswer(encoding)
        let loop = try EventLoop()
        let tls = try TLSContext.server(
            certificateFile: certificates.path("server.pem"), keyFile: certificates.path("server.key"),
            clientAuthority: nil, requireClient: false)
        let transport = ServerTransport(loops: [loop], tls: tls, settings: HTTP2Settings(), limits: AdmissionLimits())
        transport.delegate = answer
        let place = try await withCheckedThrowingContinuation { continuation in
            loop.submit {
                continuation.resume(with: Result { try transport.listen(Endpoint(host: "127.0.0.1", port: 0)) })
            }
        }
        let channel = try Channel(
            endpoint: place, options: ChannelOptions(authorityFile: certificates.path("ca.pem")))
        #expect(await code { _ = try await channel.call(Echo.unary, TextPiece()) } == .internalError)
        await channel.close()
        await withCheckedContinuation { continuation in
            loop.submit { transport.close { continuation.resume() } }
        }
    }
}

/// Answers every call with a message that says it is compressed. `@unchecked Sendable`: constant.
private final class FlaggedAnswer: ServerTransportDelegate, @unchecked Sendable {
    private let fields: [HeaderField]

    init(_ encoding: String?) {
        fields =
            [HeaderField(":status", "200"), HeaderField("content-type", "application/grpc")]
            + (encoding.map { [HeaderField("grpc-encoding", $0)] } ?? [])
    }

    func opened(_ stream: HTTP2Stream, on connection: HTTP2Connection, from peer: TransportPeer) {
        let fields = fields
        stream.loop.post {
            connection.respond(stream, headers: fields, ends: false)
            Task { try? await stream.send([1, 0, 0, 0, 0]) { true } }  // The client may be gone: that is the test.
        }
    }

    func noticed(_ message: String) {}
}
