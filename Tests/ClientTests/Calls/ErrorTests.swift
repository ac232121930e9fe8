import Client
import RPC
import RPCTestSupport
import Testing
import WaitingTestSupport

/// What goes wrong becomes one of the client's codes, with what the server said.
@Suite(.timeLimit(.minutes(10))) struct ErrorTests {
    private static let codes: [(StatusCode, MyVLMError.Code, Int32)] = [
        (.cancelled, .cancelled, 130), (.unknown, .internalError, 70), (.invalidArgument, .invalidArgument, 65),
        (.deadlineExceeded, .deadlineExceeded, 75), (.notFound, .notFound, 66), (.alreadyExists, .alreadyExists, 73),
        (.permissionDenied, .permissionDenied, 77), (.resourceExhausted, .resourceExhausted, 75),
        (.failedPrecondition, .failedPrecondition, 65), (.aborted, .failedPrecondition, 65),
        (.outOfRange, .invalidArgument, 65), (.unimplemented, .internalError, 70), (.internalError, .internalError, 70),
        (.unavailable, .unavailable, 69), (.dataLoss, .dataLoss, 70), (.unauthenticated, .unauthenticated, 77),
    ]

    @Test func everyStatusHasItsCode() {
        #expect(Set(Self.codes.map(\.0)) == Set(StatusCode.allCases).subtracting([.ok]))
    }

    @Test(arguments: codes) func aStatusIsTold(
        _ status: StatusCode, _ code: MyVLMError.Code, _ exit: Int32
    ) async throws {
        let server = try ScriptedServer { script in
            let error = RPCError(code: status, message: "it is so: é", trailers: ["retry-after-ms": "1500"])
            script.on(AccountsMethods.whoAmI) { _ in throw error }
            script.on(ConceptsMethods.watch) { _, _ in throw error }
            script.on(ConceptsMethods.importData) { _ in throw error }
        }
        let client = MyVLMClient(channel: try server.channel())
        func holds(_ error: MyVLMError?, _ what: Comment) {
            #expect(error?.code == code && error?.exitCode == exit, what)
            #expect(error?.message == "it is so: é" && error?.retryAfter == .milliseconds(1500), what)
            #expect(error?.requestID?.isEmpty == false, what)
            #expect((error?.cause as? RPCError)?.code == status, what)
        }
        holds(await #expect(throws: MyVLMError.self) { try await client.whoAmI() }, "a call")
        holds(await #expect(throws: MyVLMError.self) { for try await _ in client.watch() {} }, "a stream of replies")
        holds(
            await #expect(throws: MyVLMError.self) { try await client.importData { nil } }, "a stream of requests")
        await client.close()
    }

    @Test func eventsThatAreGoneHaveACodeOfTheirOwn() async throws {
        let server = try ScriptedServer { script in
            script.on(ConceptsMethods.watch) { _, _ in
                throw RPCError(code: .outOfRange, message: "COMPACTED: events before 7 are gone")
            }
        }
        let client = MyVLMClient(channel: try server.channel())
        let error = await #expect(throws: MyVLMError.self) { for try await _ in client.watch(after: 3) {} }
        #expect(error?.code == .compacted && error?.exitCode == 65)
        await client.close()
    }

    /// An answer that lacks what it must have is the server's fault, and no crash.
    @Test func answersWithoutTheirContentAreTheServersFault() async throws {
        let server = try ScriptedServer { script in
            script.on(ConceptsMethods.getConcept) { _ in .init() }
            script.on(ConceptsMethods.renameConcept) { _ in .init() }
            script.on(ConceptsMethods.compareVersions) { _ in .init() }
            script.on(ConceptsMethods.exportConcept) { _ in .init() }
            script.on(ConceptsMethods.importConcept) { _ in .init() }
            script.on(AccountsMethods.createToken) { _ in .init() }
            script.on(AccountsMethods.rotateToken) { _ in .init(token: "new") }
        }
        let client = MyVLMClient(channel: try server.channel(), token: "old")
        let calls: [@Sendable (MyVLMClient) async throws -> Void] = [
            { _ = try await $0.concept("a") }, { _ = try await $0.renameConcept("a", to: "b") },
            { _ = try await $0.compare("a", "1", "2") }, { _ = try await $0.exportConcept("a") },
            { _ = try await $0.importConcept("a", []) }, { _ = try await $0.createToken() },
            { _ = try await $0.rotateToken() },
        ]
        for (index, call) in calls.enumerated() {
            let error = await #expect(throws: MyVLMError.self, "call \(index)") { try await call(client) }
            #expect(error?.code == .internalError && error?.message.isEmpty == false, "call \(index)")
        }
        #expect(client.token == "old", "a token that is half there replaces none")
        await client.close()
    }

    /// A short call has a minute, to the millisecond; others have their caller's patience.
    @Test func aShortCallHasItsTime() async throws {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let server = try ScriptedServer { script in
            let wait: @Sendable () async -> Void = {
                begin.yield()
                for await _ in AsyncStream<Never>.makeStream().stream {}
            }
            script.on(AccountsMethods.whoAmI) { _ in
                await wait()
                return .init()
            }
            script.on(VisionMethods.recognize) { _ in
                await wait()
                return .init()
            }
        }
        let client = MyVLMClient(channel: try server.channel(), timeout: .seconds(60))
        let short = Task { try await client.whoAmI() }
        let long = Task { try await client.recognize(Photo(name: "a", bytes: [0xFF, 0xD8, 0xFF, 1])) }
        var count = 0
        for await _ in begun {
            count += 1
            if count == 2 { break }
        }
        await server.time.advance(by: .milliseconds(59_999))
        #expect(server.server.openCalls.count == 2)
        await server.time.advance(by: .milliseconds(1))
        let error = await #expect(throws: MyVLMError.self) { try await short.value }
        #expect(error?.code == .deadlineExceeded && error?.exitCode == 75)
        try await eventually("only the patient one is left") {
            server.server.openCalls.map(\.method.method) == ["Recognize"]
        }
        long.cancel()
        let other = await #expect(throws: MyVLMError.self) { try await long.value }
        #expect(other?.code == .cancelled && other?.exitCode == 130)
        await client.close()
    }
}
