import RPC
import Testing

@Suite(.timeLimit(.minutes(10))) struct CancellationTests {
    @Test func cancellingTheCallersTaskCancelsTheHandler() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let task = Task { await code { _ = try await channel.call(Echo.hang, TextPiece()) } }
        #expect(await server.nextSignal() == "begun")
        task.cancel()
        #expect(await server.nextSignal() == "cancelled")
        #expect(await task.value == .cancelled)
        await server.stop()
    }

    @Test func aDeadlineEndsBothSides() async throws {
        let server = try await TestServer.onPipes()
        let channel = try server.joined()
        let options = CallOptions(timeout: .seconds(2))
        let call = Task { await code { _ = try await channel.call(Echo.hang, TextPiece(), options: options) } }
        #expect(await server.nextSignal() == "begun")
        await server.time.advance(by: .milliseconds(1999))
        #expect(server.server.openCalls.count == 1, "it has its time to the end")
        await server.time.advance(by: .milliseconds(1))
        #expect(await server.nextSignal() == "cancelled")
        #expect(await call.value == .deadlineExceeded)
        await server.stop()
    }

    @Test func aDeadlineHoldsBeforeThereIsAConnection() async throws {
        let certificates = try await TestCertificates.shared.value
        let silent = try PlainListener(answers: false)
        var patient = ChannelOptions(authorityFile: certificates.path("ca.pem"))
        patient.connectTimeout = .seconds(3600)
        let channel = try Channel(endpoint: Endpoint(host: "127.0.0.1", port: silent.port), options: patient)
        let options = CallOptions(timeout: .milliseconds(100))
        #expect(
            await code { _ = try await channel.call(Echo.hang, TextPiece(), options: options) } == .deadlineExceeded)
    }

    @Test func aLostConnectionCancelsTheHandler() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let call = Task { await code { _ = try await channel.call(Echo.hang, TextPiece()) } }
        #expect(await server.nextSignal() == "begun")
        await channel.close()
        #expect(await server.nextSignal() == "cancelled")
        #expect(await call.value == .unavailable)
        await server.stop()
    }

    /// SIGPIPE from OpenSSL's write(2) on a socket whose peer had left ended the whole server.
    @Test func aClientThatLeavesWhileWrittenToDoesNotEndTheProcess() async throws {
        let server = try await TestServer()
        for _ in 0..<30 {
            let channel = try server.channel()
            let replies = try await channel.call(Echo.endless, TextPiece(text: String(repeating: "x", count: 10_000)))
            #expect(try await replies.next() != nil)
            await channel.close()
            #expect(await server.nextSignal() == "begun")
            #expect(await server.nextSignal()?.hasPrefix("stopped") == true)
        }
        await server.stop()
    }

    @Test func cancellingInTheMiddleOfAStreamStopsTheWriter() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let replies = try await channel.call(Echo.endless, TextPiece(text: "x"))
        for _ in 0..<10 { #expect(try await replies.next()?.text == "x") }
        #expect(await server.nextSignal() == "begun")
        replies.cancel()
        #expect(await server.nextSignal()?.hasPrefix("stopped") == true)
        #expect(await code { while try await replies.next() != nil {} } == .cancelled)
        await server.stop()
    }

    @Test func droppingAStreamCancelsIt() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        do {
            let replies = try await channel.call(Echo.endless, TextPiece(text: "x"))
            #expect(try await replies.next() != nil)
        }
        #expect(await server.nextSignal() == "begun")
        #expect(await server.nextSignal()?.hasPrefix("stopped") == true)
        await server.stop()
    }

    /// The windows and buffers between a fast writer and a reader that never reads hold a bounded number of messages.
    @Test func aReaderThatDoesNotReadStopsTheWriter() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let text = String(repeating: "x", count: 64 << 10)
        let replies = try await channel.call(Echo.endless, TextPiece(text: text))
        #expect(try await replies.next()?.text == text)
        #expect(await server.nextSignal() == "begun")
        // Other calls on the same connection go on meanwhile, and give the writer time to run away if it can.
        for index in 0..<500 { _ = try await channel.call(Echo.unary, TextPiece(text: "\(index)")) }
        replies.cancel()
        let stopped = try #require(await server.nextSignal())
        let count = try #require(Int(stopped.split(separator: " ").last ?? ""))
        #expect(count < 100, "\(count) messages of 64 KiB left a writer nobody reads from")
        await server.stop()
    }
}
