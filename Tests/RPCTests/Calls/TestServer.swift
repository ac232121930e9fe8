import Foundation
import RPC
import RPCTestSupport
import RPCTransport
import Synchronization
import Testing
import WaitingTestSupport

/// Methods of every kind over messages of the API.
enum Echo {
    static let service = "myvlm.test.Echo"
    /// Replies with the text of the request.
    static let unary = UnaryMethod<TextPiece, TextPiece>(MethodName(service: service, method: "Unary"))
    /// As `unary`, on the loop's thread.
    static let fast = UnaryMethod<TextPiece, TextPiece>(MethodName(service: service, method: "Fast"))
    /// Fails with the code that the text names, or with an error of another kind.
    static let fail = UnaryMethod<TextPiece, TextPiece>(MethodName(service: service, method: "Fail"))
    /// Counts photos and bytes.
    static let gather = ClientStreamingMethod<PhotoChunk, UploadReceipt>(MethodName(service: service, method: "Gather"))
    /// Sends as many pieces as the label says, each with the text of `user`.
    static let repeated = ServerStreamingMethod<LoginRequest, TextPiece>(MethodName(service: service, method: "Repeat"))
    /// Replies to each request at once.
    static let chat = BidirectionalMethod<TextPiece, TextPiece>(MethodName(service: service, method: "Chat"))
    /// Never answers; tells `TestServer.signals` when it begins and when it is cancelled.
    static let hang = UnaryMethod<TextPiece, TextPiece>(MethodName(service: service, method: "Hang"))
    /// Sends pieces until it is cancelled.
    static let endless = ServerStreamingMethod<TextPiece, TextPiece>(MethodName(service: service, method: "Endless"))
    /// Says who calls.
    static let whoAmI = UnaryMethod<WhoAmIRequest, LoginReply>(MethodName(service: service, method: "WhoAmI"))
}

struct Principal: KnownCaller {
    let name: String
    var accountNumber: Int64 { name.utf8.reduce(0) { $0 &* 31 &+ Int64($1) } }
}

/// Who calls with the header `stranger`: nobody the server knows.
struct Stranger: Sendable {}
struct SecretError: Error { let text = "the password is hunter2" }

/// A server on a port of its own with the methods of `Echo`. Its time stands still until a test lets it pass, so that no
/// limit of time or rate depends on how fast the machine is.
final class TestServer: Sendable {
    let server: Server
    let certificates: TestCertificates
    /// "begun", "cancelled", "event ..." in the order they happen.
    let signals: AsyncStream<String>
    /// What the server goes by; it stands where the server goes by the machine's clock.
    let time: ManualTime

    /// - Parameter isReal: whether it goes by the machine's clock, for programs that measure time themselves.
    init(
        _ adjust: (inout ServerConfiguration) -> Void = { _ in }, certificate: String = "server", isReal: Bool = false
    ) async throws {
        let certificates = try await TestCertificates.shared.value
        self.certificates = certificates
        time = ManualTime()
        var configuration = ServerConfiguration(
            endpoint: Endpoint(host: "127.0.0.1", port: 0), certificateFile: certificates.path("\(certificate).pem"),
            keyFile: certificates.path("\(certificate).key"))
        if !isReal { configuration.time = time }
        (server, signals) = try Self.make(&configuration, adjust)
        try await server.start()
    }

    /// A server without a port: see `joined` and `PipePeer`.
    static func onPipes(_ adjust: (inout ServerConfiguration) -> Void = { _ in }) async throws -> TestServer {
        try await TestServer(pipes: adjust)
    }

    private init(pipes adjust: (inout ServerConfiguration) -> Void) async throws {
        certificates = try await TestCertificates.shared.value
        time = ManualTime()
        var configuration = ServerConfiguration.pipesOnly(time: time)
        (server, signals) = try Self.make(&configuration, adjust)
        server.startWithoutListening()
    }

    private static func make(
        _ configuration: inout ServerConfiguration, _ adjust: (inout ServerConfiguration) -> Void
    ) throws -> (Server, AsyncStream<String>) {
        let (signals, signal) = AsyncStream.makeStream(of: String.self)
        configuration.limits.tick = .milliseconds(50)
        // While a test lets time pass, clients whose time is the machine's get no time to answer.
        configuration.limits.keepaliveInterval = .seconds(1_000_000)
        configuration.limits.strangerTimeout = .seconds(1_000_000)
        configuration.limits.idleTimeout = .seconds(1_000_000)
        adjust(&configuration)
        let server = try Server(
            configuration: configuration, services: services(signal),
            authenticator: { _, metadata, _ in
                guard metadata["authorization"] != "Bearer bad" else {
                    throw RPCError(code: .unauthenticated, message: "the token is not known")
                }
                if metadata["stranger"] != nil { return Stranger() }
                return Principal(name: metadata["authorization"] ?? "nobody")
            },
            log: { event in
                if event.kind == .handlerFailed { signal.yield("logged \(event.error.map { "\($0)" } ?? "")") }
            })
        return (server, signals)
    }

    /// A channel to it in this process, without a socket, by the server's time.
    func joined(_ adjust: (inout ChannelOptions) -> Void = { _ in }) throws -> Channel {
        var options = ChannelOptions()
        adjust(&options)
        return try Channel.joined(to: server, options: options, time: time)
    }

    /// Lets the server's time pass step by step until `operation` has its result: what the time must come after may still
    /// be on its way.
    func lettingTimePass<Result: Sendable>(
        _ step: Duration, _ what: String, _ operation: @escaping @Sendable () async -> Result
    ) async throws -> Result {
        let (results, result) = AsyncStream.makeStream(of: Result.self)
        let isDone = Mutex(false)
        let task = Task {
            result.yield(await operation())
            isDone.withLock { $0 = true }
        }
        defer { task.cancel() }
        try await eventually(what) {
            await time.advance(by: step)
            return isDone.withLock { $0 }
        }
        for await only in results { return only }
        throw CancellationError()
    }

    private static func services(_ signal: AsyncStream<String>.Continuation) -> Services {
        var services = Services()
        let echo: @Sendable (TextPiece, CallContext) async throws -> TextPiece = { request, _ in request }
        services.register(Echo.unary, echo)
        services.register(Echo.fast, options: MethodOptions(maximumRequestBytes: 1000, executor: .loop), echo)
        services.register(Echo.fail) { request, _ in
            guard let number = Int(request.text), let code = StatusCode(rawValue: number) else { throw SecretError() }
            throw RPCError(code: code, message: "wanted % é", trailers: ["retry-after-ms": "17"])
        }
        services.register(Echo.gather, options: MethodOptions(maximumRequestBytes: 8 << 20)) { requests, _ in
            var receipt = UploadReceipt()
            for try await chunk in requests {
                if chunk.fileName == "stop" {
                    throw RPCError(code: .failedPrecondition, message: "stopped early")
                }
                receipt.bytes += UInt64(chunk.data.count)
                if chunk.last { receipt.photos += 1 }
            }
            return receipt
        }
        services.register(Echo.repeated) { request, writer, _ in
            for _ in 0..<(Int(request.label) ?? 0) { try await writer.write(TextPiece(text: request.user)) }
        }
        services.register(Echo.chat) { requests, writer, _ in
            for try await request in requests { try await writer.write(request) }
        }
        services.register(Echo.hang) { request, _ in
            signal.yield("begun")
            await withTaskCancellationHandler {
                // Suspended until cancelled: an empty stream nobody finishes.
                for await _ in AsyncStream<Never>.makeStream().stream {}
            } onCancel: {
                signal.yield("cancelled")
            }
            return request
        }
        services.register(Echo.endless) { request, writer, _ in
            signal.yield("begun")
            var count = 0
            do {
                while true {
                    try await writer.write(request)
                    count += 1
                }
            } catch {
                signal.yield("stopped after \(count)")
                throw error
            }
        }
        services.register(Echo.whoAmI) { _, context in
            let name = (context.principal as? Principal)?.name ?? "?"
            let blob = context.metadata.bytes("blob-bin") ?? []
            return LoginReply(
                token: ([name, context.peer.address, context.peer.certificateSubject ?? "-"]
                    + context.peer.certificateNames).joined(separator: "|"),
                expiresAtMs: Int64(blob.reduce(0) { $0 + Int($1) }), user: User(name: context.requestID))
        }
        return services
    }

    func channel(
        host: String = "localhost", authority: String = "ca", _ adjust: (inout ChannelOptions) -> Void = { _ in }
    ) throws -> Channel {
        var options = ChannelOptions(authorityFile: certificates.path("\(authority).pem"))
        options.connectTimeout = .seconds(3600)
        options.keepaliveInterval = .seconds(3600)
        adjust(&options)
        return try Channel(endpoint: Endpoint(host: host, port: server.endpoint.port), options: options)
    }

    func nextSignal() async -> String? {
        for await signal in signals { return signal }
        return nil
    }

    func stop() async { await server.shutdown(grace: .seconds(5)) }
}

/// The code an operation fails with; nil where it succeeds.
func code(_ operation: () async throws -> Void) async -> StatusCode? {
    do {
        try await operation()
        return nil
    } catch let error as RPCError {
        return error.code
    } catch {
        Issue.record("not an RPCError: \(error)")
        return nil
    }
}

/// The error an operation fails with.
func failure(_ operation: () async throws -> Void) async -> RPCError? {
    do {
        try await operation()
        return nil
    } catch {
        return error as? RPCError
    }
}
