import Foundation
import Glibc
import RPC
import Testing
import WaitingTestSupport

@Suite(.timeLimit(.minutes(10))) struct ConnectTests {
    private func reason(_ channel: Channel) async -> String {
        let error = await failure { _ = try await channel.call(Echo.unary, TextPiece()) }
        #expect(error?.code == .unavailable)
        return error?.message ?? ""
    }

    @Test func nothingListens() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        await server.stop()
        let said = await reason(channel)
        #expect(said.contains("nothing listens at localhost"))
    }

    /// A process that is being started holds every socket of its parent until it runs its program.
    @Test func nothingListensWhileAChildHoldsTheSocket() async throws {
        let server = try await TestServer()
        let held = dup(try #require(listening(on: server.server.endpoint.port)))
        defer { close(held) }
        await server.stop()
        let said = await reason(try server.channel())
        #expect(said.contains("nothing listens at localhost"))
    }

    private func listening(on port: UInt16) -> Int32? {
        (0..<Int32(1 << 16)).first { descriptor in
            var isListening: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0 else { return false }
            var address = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isNamed = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
            }
            return isListening == 1 && isNamed && UInt16(bigEndian: address.sin_port) == port
        }
    }

    @Test func anAuthorityThatDidNotSign() async throws {
        let server = try await TestServer()
        let said = await reason(try server.channel(authority: "other"))
        #expect(said.contains("check the authority file"))
        await server.stop()
    }

    @Test func aCertificateForAnotherName() async throws {
        let server = try await TestServer(certificate: "elsewhere")
        let said = await reason(try server.channel())
        #expect(said.contains("not for localhost"))
        let other = await reason(try server.channel(host: "127.0.0.1"))
        #expect(other.contains("not for 127.0.0.1"))
        let named = try server.channel { $0.serverName = "elsewhere.example" }
        #expect(try await named.call(Echo.unary, TextPiece(text: "ok")).text == "ok")
        await server.stop()
    }

    /// "Check the authority file" was the advice, and the client could have done nothing about it.
    @Test func anExpiredCertificateIsTheOperatorsMatter() async throws {
        let server = try await TestServer(certificate: "expired")
        let said = await reason(try server.channel())
        #expect(said == "the server's certificate has expired; its operator must renew it")
        await server.stop()
    }

    @Test func aCertificateOfTomorrowIsAMatterOfClocks() async throws {
        let server = try await TestServer(certificate: "tomorrow")
        let said = await reason(try server.channel())
        #expect(said.contains("certificate of the server is not valid yet") && said.contains("clock"))
        await server.stop()
    }

    @Test func aPortThatDoesNotSpeakTLS() async throws {
        let certificates = try await TestCertificates.shared.value
        let port = try PlainListener()
        let channel = try Channel(
            endpoint: Endpoint(host: "127.0.0.1", port: port.port),
            options: ChannelOptions(authorityFile: certificates.path("ca.pem")))
        let said = await reason(channel)
        #expect(said.contains("does not speak TLS"))
    }

    @Test func aFileThatIsNoCertificate() async throws {
        let certificates = try await TestCertificates.shared.value
        let key = certificates.path("ca.key")
        let place = Endpoint(host: "127.0.0.1", port: 0)
        #expect { try Channel(endpoint: place, options: ChannelOptions(authorityFile: key)) } throws: {
            ($0 as? RPCError)?.message.contains(key) == true
        }
        let configuration = ServerConfiguration(
            endpoint: place, certificateFile: certificates.path("server.pem"), keyFile: certificates.path("client.key"))
        #expect {
            try Server(configuration: configuration, services: Services(), authenticator: { _, _, _ in 0 })
        } throws: {
            ($0 as? RPCError)?.message.contains("must belong to it") == true
        }
    }

    @Test func clientCertificatesReachTheHandler() async throws {
        let certificates = try await TestCertificates.shared.value
        let server = try await TestServer {
            $0.clientAuthorityFile = certificates.path("ca.pem")
            $0.requireClientCertificate = true
        }
        let channel = try server.channel {
            $0.clientCertificateFile = certificates.path("client.pem")
            $0.clientKeyFile = certificates.path("client.key")
        }
        let reply = try await channel.call(Echo.whoAmI, WhoAmIRequest())
        #expect(reply.token == "nobody|127.0.0.1|CN=client|laptop.example|spiffe://x/y")
        let anonymous = try server.channel()
        #expect(await code { _ = try await anonymous.call(Echo.unary, TextPiece()) } == .unavailable)
        await server.stop()
    }

    @Test func aPortInUseIsNamed() async throws {
        let server = try await TestServer()
        let place = server.server.endpoint
        let error = await failure { _ = try await TestServer { $0.endpoint = place } }
        #expect(error?.message.contains("\(place.port) is in use") == true)
        await server.stop()
    }

    @Test func aServerThatComesBackIsFoundAgain() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        _ = try await channel.call(Echo.unary, TextPiece())
        let place = server.server.endpoint
        await server.stop()
        #expect(await code { _ = try await channel.call(Echo.unary, TextPiece()) } == .unavailable)
        let next = try await TestServer { $0.endpoint = place }
        #expect(try await channel.call(Echo.unary, TextPiece(text: "back")).text == "back")
        await next.stop()
    }
}

@Suite(.timeLimit(.minutes(10))) struct ShutdownTests {
    @Test func callsAtWorkAreWaitedForAndNewOnesRefused() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        try await channel.call(Echo.chat) { writer, replies in
            try await writer.write(TextPiece(text: "before"))
            #expect(try await replies.next()?.text == "before")
            let shutdown = Task { await server.server.shutdown(grace: .seconds(3600)) }
            // Refused from the moment the server drains; until then calls are served.
            try await eventually("the server drains") {
                await code { _ = try await channel.call(Echo.unary, TextPiece()) } != nil
            }
            #expect(await code { _ = try await channel.call(Echo.unary, TextPiece()) } == .unavailable)
            try await writer.write(TextPiece(text: "after"))
            #expect(try await replies.next()?.text == "after")
            writer.finish()
            #expect(try await replies.next() == nil)
            await shutdown.value
        }
        #expect(await server.server.statistics.connections == 0)
    }

    @Test func graceEndsAndTheRestIsCancelled() async throws {
        let server = try await TestServer()
        let channel = try server.channel()
        let call = Task { await code { _ = try await channel.call(Echo.hang, TextPiece()) } }
        #expect(await server.nextSignal() == "begun")
        await server.server.shutdown(grace: .milliseconds(50))
        #expect(await server.nextSignal() == "cancelled")
        #expect(await call.value == .unavailable)
        #expect(await server.server.statistics.activeCalls == 0)
    }

    @Test func runReturnsAfterShutdown() async throws {
        let server = try await TestServer()
        async let first: Void = server.server.waitUntilShutdown()
        async let second: Void = server.server.shutdown(grace: .zero)
        async let third: Void = server.server.shutdown(grace: .zero)
        _ = await (first, second, third)
        #expect(await server.server.statistics.connections == 0)
    }
}

@Suite(.timeLimit(.minutes(10))) struct ProcessEndTests {
    /// OpenSSL freed what it had as the process ended, and threads that still encrypted crashed: a program that had done
    /// its work ended by a signal.
    @Test func aProcessMayEndWhileConnectionsComeAndGo() async {
        await #expect(processExitsWith: .success) {
            // What is registered first runs last: connections come and go for a while after whatever OpenSSL does at the end.
            atexit { usleep(300_000) }  // Sleeps because: the process must not be gone while they do.
            let server = try await TestServer()
            let text = TextPiece(text: String(repeating: "x", count: 100_000))
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { while (try? await server.channel().call(Echo.unary, text)) != nil {} }
                }
                _ = try? await server.channel().call(Echo.unary, text)
                exit(EXIT_SUCCESS)
            }
        }
    }
}
