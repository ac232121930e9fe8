import LocalFiles
package import RPC
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
/// server. The connection is opened with the first call and reopened after it was lost.
public final class MyVLMClient: Sendable {
    let channel: Channel
    private let held: Mutex<String?>
    /// Time a short call may take; nil takes each method's default. Enrollments and answers have no limit.
    let timeout: Duration?

    /// A client; nothing is sent yet. Throws `configuration` for an authority file that is missing or not one.
    /// - Parameters:
    ///   - options: the server and who it must prove to be.
    ///   - token: a token of an earlier login.
    ///   - timeout: time a short call may take; nil takes each method's default, a minute.
    public init(
        _ options: ConnectionOptions, token: String? = nil, timeout: Duration? = nil
    ) throws(MyVLMError) {
        let authority = try Self.pem(options.authorityFile, "; name the server's ca.pem with --ca")
        let certificate = try options.certificateFile.map { file throws(MyVLMError) in try Self.pem(file) }
        let key = try options.certificateKeyFile.map { file throws(MyVLMError) in try Self.pem(file) }
        // The names stay valid until the channel has read the files.
        defer { withExtendedLifetime((authority, certificate, key)) {} }
        var channelOptions = ChannelOptions()
        channelOptions.authorityFile = authority.text
        channelOptions.clientCertificateFile = certificate?.text
        channelOptions.clientKeyFile = key?.text
        do {
            channel = try Channel(
                endpoint: Endpoint(host: options.host, port: options.port), options: channelOptions)
        } catch {
            throw MyVLMError(
                .configuration,
                "\(LocalPath(options.authorityFile).shown) is not a certificate authority in PEM, or the client's certificate and key do "
                    + "not fit; ask the server's operator",
                cause: error)
        }
        held = Mutex(token)
        self.timeout = timeout
    }

    /// A client over an existing channel: without a port, in tests.
    package init(channel: Channel, token: String? = nil, timeout: Duration = .seconds(60)) {
        self.channel = channel
        held = Mutex(token)
        self.timeout = timeout
    }

    /// The name of a certificate's file for OpenSSL. Throws `configuration` for one that is missing or not a plain
    /// file: OpenSSL would wait on a pipe.
    private static func pem(_ file: String, _ advice: String = "") throws(MyVLMError) -> LentName {
        let path = LocalPath(file)
        guard let status = FileStatus(path) else {
            throw MyVLMError(.configuration, "\(path.shown): no such file\(advice)")
        }
        guard status.kind == .plain else {
            throw MyVLMError(.configuration, "\(path.shown) is not a plain file\(advice)")
        }
        do {
            return try LentName(path)
        } catch {
            throw MyVLMError(.configuration, error.message, cause: error)
        }
    }

    /// The token that calls carry now; a secret.
    public var token: String? { held.withLock { $0 } }

    /// Ends the connection; calls still running end with `cancelled` or `unavailable`.
    public func close() async { await channel.close() }

    func setToken(_ token: String?) { held.withLock { $0 = token } }

    /// Headers and time limit of a method's call.
    func options(_ rules: MethodRules?) -> CallOptions {
        var metadata = Metadata()
        if let token { metadata.add("authorization", "Bearer \(token)") }
        return CallOptions(metadata: metadata, timeout: rules?.deadline.map { timeout ?? $0 })
    }

    /// A unary call with the client's errors.
    func call<Q, P>(_ method: UnaryMethod<Q, P>, _ request: Q) async throws(MyVLMError) -> P {
        try MyVLMError.check(request)
        do {
            return try await channel.call(method, request, options: options(method.rules))
        } catch {
            throw MyVLMError.of(error)
        }
    }

    /// A sequence fed by a task that ends with it: ending the iteration cancels the call.
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
