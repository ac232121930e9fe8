import Foundation
import RPC
import Synchronization

/// A connection to a MyVLM server: everything an application calls.
///
/// ```swift
/// let client = try MyVLMClient(ConnectionOptions(host: "localhost", port: 7443, authorityFile: "ca.pem"))
/// _ = try await client.login(user: "ann", password: password)
/// for try await event in client.caption(try Photo(file: "dog.jpg")) {
///     if case .text(let piece) = event { print(piece, terminator: "") }
/// }
/// await client.close()
/// ```
///
/// Safe from any thread. Calls throw `MyVLMError`; cancelling the task that makes a call cancels the call on the
/// server. The connection is made with the first call and made again after it was lost.
public final class MyVLMClient: Sendable {
    let channel: Channel
    private let held: Mutex<String?>
    /// Time a short call may take; enrollments and answers have no limit but the caller's patience.
    let timeout: Duration

    /// A client; nothing is sent yet. Throws `configuration` for an authority file that is missing or is none.
    /// - Parameter token: of an earlier login.
    public init(
        _ options: ConnectionOptions, token: String? = nil, timeout: Duration = .seconds(60)
    ) throws(MyVLMError) {
        guard FileManager.default.fileExists(atPath: options.authorityFile) else {
            throw MyVLMError(
                .configuration, "\(options.authorityFile): no such file; name the server's ca.pem with --ca")
        }
        var channelOptions = ChannelOptions()
        channelOptions.authorityFile = options.authorityFile
        for file in [options.certificateFile, options.certificateKeyFile].compactMap({ $0 })
        where !FileManager.default.fileExists(atPath: file) {
            throw MyVLMError(.configuration, "\(file): no such file")
        }
        channelOptions.clientCertificateFile = options.certificateFile
        channelOptions.clientKeyFile = options.certificateKeyFile
        do {
            channel = try Channel(
                endpoint: Endpoint(host: options.host, port: options.port), options: channelOptions)
        } catch {
            throw MyVLMError(
                .configuration,
                "\(options.authorityFile) is no certificate authority in PEM, or the client's certificate and key do "
                    + "not fit; ask the server's operator",
                cause: error)
        }
        held = Mutex(token)
        self.timeout = timeout
    }

    /// The token calls carry now; a secret.
    public var token: String? { held.withLock { $0 } }

    /// Ends the connection; calls still running end with `cancelled` or `unavailable`.
    public func close() async { await channel.close() }

    func setToken(_ token: String?) { held.withLock { $0 = token } }

    /// Headers and time limit of a call.
    func options(limited: Bool = true) -> CallOptions {
        var metadata = Metadata()
        if let token { metadata.add("authorization", "Bearer \(token)") }
        return CallOptions(metadata: metadata, timeout: limited ? timeout : nil)
    }

    /// A unary call with the client's errors.
    func call<Q, P>(_ method: UnaryMethod<Q, P>, _ request: Q, limited: Bool = true) async throws(MyVLMError) -> P {
        do {
            return try await channel.call(method, request, options: options(limited: limited))
        } catch {
            throw MyVLMError.of(error)
        }
    }

    /// A sequence fed by a task that ends with it: who stops listening cancels the call.
    func sequence<Element: Sendable>(
        _ body: @escaping @Sendable (AsyncThrowingStream<Element, any Error>.Continuation) async throws -> Void
    ) -> AsyncThrowingStream<Element, any Error> {
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: Element.self)
        let task = Task {
            do {
                try await body(continuation)
                continuation.finish()
            } catch {
                continuation.finish(throwing: MyVLMError.of(error))
            }
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }
}
