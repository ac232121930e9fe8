import RPC
import Testing

@Suite(.timeLimit(.minutes(10))) struct CallTests {
    @Test func everyKindOfCall() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        #expect(try await channel.call(Echo.unary, TextPiece(text: "hé")).text == "hé")
        #expect(try await channel.call(Echo.fast, TextPiece(text: "loop")).text == "loop")
        let receipt = try await channel.call(Echo.gather) { writer in
            for index in 0..<10 {
                try await writer.write(PhotoChunk(data: [UInt8](repeating: 1, count: 1000), last: index % 2 == 1))
            }
        }
        #expect(receipt == UploadReceipt(photos: 5, bytes: 10_000))
        var pieces = 0
        for try await piece in try await channel.call(Echo.repeated, LoginRequest(user: "x", label: "1000")) {
            #expect(piece.text == "x")
            pieces += 1
        }
        #expect(pieces == 1000)
        let said = try await channel.call(Echo.chat) { writer, replies in
            var said: [String] = []
            for word in ["a", "b", "c"] {
                try await writer.write(TextPiece(text: word))
                said.append(try #require(try await replies.next()).text)
            }
            writer.finish()
            #expect(try await replies.next() == nil)
            return said
        }
        #expect(said == ["a", "b", "c"])
        await channel.close()
        await server.stop()
    }

    @Test func emptyStreamsEndWell() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        #expect(try await channel.call(Echo.gather) { _ in } == UploadReceipt())
        #expect(try await channel.call(Echo.repeated, LoginRequest()).next() == nil)
        await server.stop()
    }

    @Test func statusesCrossWithMessageAndTrailers() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        for wanted in StatusCode.allCases where wanted != .ok {
            let error = await failure {
                _ = try await channel.call(Echo.fail, TextPiece(text: String(wanted.rawValue)))
            }
            #expect(error?.code == wanted)
            #expect(error?.message == "wanted % é")
            #expect(error?.trailers["retry-after-ms"] == "17")
            #expect(error?.requestID?.isEmpty == false)
        }
        await server.stop()
    }

    @Test func otherErrorsReachTheLogAndNotTheClient() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let error = await failure { _ = try await channel.call(Echo.fail, TextPiece(text: "boom")) }
        #expect(error?.code == .internalError)
        #expect(error?.message.contains("hunter2") == false)
        #expect(await server.nextSignal()?.contains("hunter2") == true)
        await server.stop()
    }

    @Test func metadataPeerAndPrincipalReachTheHandler() async throws {
        let server = try await TestServer()
        let channel = try server.channel(host: "127.0.0.1")
        var metadata: Metadata = ["authorization": "Bearer good"]
        metadata.add("blob-bin", bytes: [200, 100, 0])
        let reply = try await channel.call(Echo.whoAmI, WhoAmIRequest(), options: CallOptions(metadata: metadata))
        #expect(reply.token == "Bearer good|127.0.0.1|-")
        #expect(reply.expiresAtMs == 300)
        #expect(reply.user?.name.isEmpty == false)
        await server.stop()
    }

    @Test func theAuthenticatorSpeaksBeforeTheBody() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let options = CallOptions(metadata: ["authorization": "Bearer bad"])
        #expect(
            await code { _ = try await channel.call(Echo.unary, TextPiece(), options: options) } == .unauthenticated)
        // More than the window of an unauthorised stream: it is never asked for, and the answer comes all the same.
        let uploaded = await code {
            _ = try await channel.call(Echo.gather, options: options) { writer in
                for _ in 0..<100 { try await writer.write(PhotoChunk(data: [UInt8](repeating: 0, count: 100_000))) }
            }
        }
        #expect(uploaded == .unauthenticated)
        await server.stop()
    }

    @Test func unknownMethodsAndUnreadableRequests() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let unknown = UnaryMethod<TextPiece, TextPiece>(MethodName(service: Echo.service, method: "Nothing"))
        #expect(await code { _ = try await channel.call(unknown, TextPiece()) } == .unimplemented)
        // An empty sub-message where text is expected: bytes that are no UTF-8.
        let mistyped = UnaryMethod<PhotoChunk, TextPiece>(Echo.unary.name)
        let raw = UnaryMethod<RecognizeRequest, TextPiece>(Echo.unary.name)
        #expect(await code { _ = try await channel.call(mistyped, PhotoChunk(fileName: "fine")) } == nil)
        #expect(await code { _ = try await channel.call(raw, RecognizeRequest(image: [0xFF])) } == .invalidArgument)
        await server.stop()
    }

    @Test func aServerThatAnswersEarlyIsHeard() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let error = await failure {
            _ = try await channel.call(Echo.gather) { writer in
                try await writer.write(PhotoChunk(fileName: "stop"))
                // Goes on until the server's answer stops it.
                while true { try await writer.write(PhotoChunk(data: [UInt8](repeating: 0, count: 10_000))) }
            }
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message == "stopped early")
        #expect(await code { _ = try await channel.call(Echo.unary, TextPiece()) } == nil, "the connection lives")
        await server.stop()
    }

    @Test func manyCallsAtOnce() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            // More than the 100 streams a connection takes: the rest wait for their turn.
            for index in 0..<500 {
                group.addTask {
                    let method = index % 2 == 0 ? Echo.unary : Echo.fast
                    return try await channel.call(method, TextPiece(text: "\(index)")).text == "\(index)"
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect(await server.server.statistics.connections == 1)
        #expect(await server.server.statistics.calls == 500)
        await server.stop()
    }

    @Test func largeMessagesCrossBothWays() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let text = String(repeating: "0123456789abcdef", count: 200_000)
        #expect(try await channel.call(Echo.unary, TextPiece(text: text)).text == text)
        let receipt = try await channel.call(Echo.gather) { writer in
            try await writer.write(PhotoChunk(data: [UInt8](repeating: 9, count: 7 << 20), last: true))
        }
        #expect(receipt.bytes == 7 << 20)
        await server.stop()
    }
}
