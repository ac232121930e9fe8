import RPC
import RPCCore
import RPCTransport

/// A TCP connection to a server under test, on which nothing was said yet.
struct DialledServer: Sendable {
    private let descriptor: Int32
    private let tls: TLSContext

    fileprivate init(_ server: TestServer) async throws {
        tls = try TLSContext.client(
            authorityFile: server.certificates.path("ca.pem"), certificateFile: nil, keyFile: nil)
        descriptor = try await withCheckedThrowingContinuation { continuation in
            Connector.connect(Endpoint(host: "127.0.0.1", port: server.server.endpoint.port), timeout: .seconds(3600)) {
                continuation.resume(with: $0.mapError { $0 as any Error })
            }
        }
    }

    /// The pipe that begins the handshake; to be made once, on the loop's thread.
    func pipe(on loop: EventLoop) throws -> TLSPipe {
        try TLSPipe(
            loop: loop, descriptor: descriptor, tls: tls, side: .client(name: "localhost"),
            handshakeTimeout: .seconds(3600))
    }
}

extension TestServer {
    /// Connects without saying anything.
    func dialled() async throws -> DialledServer { try await DialledServer(self) }
}
