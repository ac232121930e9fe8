import Foundation
import RPC
import RPCCore
import RPCTestSupport
import RPCTransport

/// A client that sends the HTTP/2 frames it is told, over TLS, and keeps those that come.
///
/// `@unchecked Sendable`: `reader` and `pipe` are touched on the loop's thread only; `frames` guards itself.
final class WirePeer: PipeDelegate, @unchecked Sendable {
    typealias Frame = HTTP2Frame
    typealias Kind = HTTP2Frame.Kind

    private let loop: EventLoop
    private var pipe: TLSPipe?
    private var reader = FrameReader(afterPreface: false)
    /// What comes, to the end of the connection.
    let frames: AsyncStream<Frame>
    private let arrived: AsyncStream<Frame>.Continuation
    private let connected: AsyncStream<Void>.Continuation

    /// Connects, and says what every client says first.
    init(_ server: TestServer) async throws {
        loop = try EventLoop()
        (frames, arrived) = AsyncStream.makeStream(of: Frame.self)
        let (ready, connected) = AsyncStream.makeStream(of: Void.self)
        self.connected = connected
        let dialled = try await server.dialled()
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            loop.submit {
                continuation.resume(
                    with: Result {
                        let pipe = try dialled.pipe(on: self.loop)
                        pipe.delegate = self
                        self.pipe = pipe
                    })
            }
        }
        for await _ in ready { break }
        send(HTTP2Frame.preface)
        frame(Kind.settings)
    }

    deinit {
        let pipe = pipe
        loop.submit { pipe?.close(flush: false) }
    }

    func pipeConnected(certificate: PeerCertificate?) { connected.yield() }

    func pipeReceived(_ bytes: UnsafeRawBufferPointer) {
        for frame in reader.read(bytes) { arrived.yield(frame) }
    }

    func pipeDrained() {}

    func pipeFailed(_ error: RPCError?) {
        connected.finish()
        arrived.finish()
    }

    func send(_ bytes: [UInt8]) { loop.submit { self.pipe?.write(bytes) } }

    func frame(_ kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        send(HTTP2Frame(kind, flags: flags, stream: stream, payload).bytes)
    }

    /// Request headers of a call, and the stream stays open.
    func open(_ stream: UInt32, _ more: [(String, String)] = []) {
        let fields = [
            (":method", "POST"), (":scheme", "https"), (":path", Echo.unary.name.path), (":authority", "localhost"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ]
        frame(Kind.headers, flags: 4, stream: stream, (fields + more).flatMap { Self.field($0.0, $0.1) })
    }

    /// The first GOAWAY with an error: its code and debug data. nil where the connection ends without.
    func goAway() async -> (code: UInt32, data: String)? {
        for await frame in frames where frame.kind == Kind.goAway {
            let code = frame.word(at: 4)
            if code != 0 { return (code, String(decoding: frame.payload[8...], as: UTF8.self)) }
        }
        return nil
    }

    static func word(_ number: UInt32) -> [UInt8] { HTTP2Frame.word(number) }

    static func field(_ name: String, _ value: String) -> [UInt8] { HTTP2Frame.block([(name, value)]) }

    static func text(_ value: String) -> [UInt8] { HTTP2Frame.text(value) }
}
