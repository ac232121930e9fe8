import Foundation
import RPC
import RPCCore
import RPCTransport

/// A client that sends the HTTP/2 frames it is told, over TLS, and keeps those that come.
///
/// `@unchecked Sendable`: `buffer` and `pipe` are touched on the loop's thread only; `frames` guards itself.
final class WirePeer: PipeDelegate, @unchecked Sendable {
    struct Frame: Sendable {
        let kind: UInt8
        let flags: UInt8
        let stream: UInt32
        let payload: [UInt8]
    }

    enum Kind {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let priority: UInt8 = 2
        static let reset: UInt8 = 3
        static let settings: UInt8 = 4
        static let ping: UInt8 = 6
        static let goAway: UInt8 = 7
        static let windowUpdate: UInt8 = 8
        static let continuation: UInt8 = 9
    }

    private let loop: EventLoop
    private var pipe: TLSPipe?
    private var buffer: [UInt8] = []
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
        let tls = try TLSContext.client(
            authorityFile: server.certificates.path("ca.pem"), certificateFile: nil, keyFile: nil)
        let descriptor = try await withCheckedThrowingContinuation { continuation in
            Connector.connect(Endpoint(host: "127.0.0.1", port: server.server.endpoint.port), timeout: .seconds(10)) {
                continuation.resume(with: $0.mapError { $0 as any Error })
            }
        }
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            loop.submit {
                continuation.resume(
                    with: Result {
                        let pipe = try TLSPipe(
                            loop: self.loop, descriptor: descriptor, tls: tls, side: .client(name: "localhost"),
                            handshakeTimeout: .seconds(10))
                        pipe.delegate = self
                        self.pipe = pipe
                    })
            }
        }
        for await _ in ready { break }
        send(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
        frame(Kind.settings)
    }

    deinit {
        let pipe = pipe
        loop.submit { pipe?.close(flush: false) }
    }

    func pipeConnected(certificate: PeerCertificate?) { connected.yield() }

    func pipeReceived(_ bytes: UnsafeRawBufferPointer) {
        buffer += bytes
        while buffer.count >= 9 {
            let length = buffer[0..<3].reduce(0) { $0 << 8 | Int($1) }
            guard buffer.count >= 9 + length else { return }
            let stream = buffer[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            arrived.yield(
                Frame(
                    kind: buffer[3], flags: buffer[4], stream: stream & 0x7FFF_FFFF,
                    payload: Array(buffer[9..<9 + length])
                ))
            buffer.removeFirst(9 + length)
        }
    }

    func pipeDrained() {}

    func pipeFailed(_ error: RPCError?) {
        connected.finish()
        arrived.finish()
    }

    func send(_ bytes: [UInt8]) { loop.submit { self.pipe?.write(bytes) } }

    func frame(_ kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        let count = payload.count
        send(
            [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), kind, flags] + Self.word(stream) + payload
        )
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
            let code = frame.payload[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            if code != 0 { return (code, String(decoding: frame.payload[8...], as: UTF8.self)) }
        }
        return nil
    }

    static func word(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }

    /// A literal field that does not enter the table (RFC 7541, section 6.2.2).
    static func field(_ name: String, _ value: String) -> [UInt8] { [0] + text(name) + text(value) }

    static func text(_ value: String) -> [UInt8] {
        var length = value.utf8.count
        guard length >= 127 else { return [UInt8(length)] + value.utf8 }
        var out: [UInt8] = [127]
        length -= 127
        while length >= 128 {
            out.append(UInt8(length & 127 | 128))
            length >>= 7
        }
        return out + [UInt8(length)] + value.utf8
    }
}
