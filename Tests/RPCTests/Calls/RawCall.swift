import RPC
import RPCCore
import RPCTransport

/// A client's HTTP/2 connection without gRPC on it: calls with any headers and bodies, finished or not.
///
/// `@unchecked Sendable`: touched on the loop's thread only after `init`.
final class RawConnection: HTTP2ConnectionDelegate, @unchecked Sendable {
    let loop: EventLoop
    private var connection: HTTP2Connection?
    private var waiting: CheckedContinuation<Void, any Error>?

    init(_ server: TestServer) async throws {
        let loop = try EventLoop()
        self.loop = loop
        let dialled = try await server.dialled()
        try await withCheckedThrowingContinuation { continuation in
            loop.submit {
                self.waiting = continuation
                do {
                    let pipe = try dialled.pipe(on: loop)
                    let connection = try HTTP2Connection(
                        loop: loop, role: .client, settings: HTTP2Settings(), pipe: pipe)
                    pipe.delegate = connection
                    connection.delegate = self
                    self.connection = connection
                } catch {
                    self.waiting = nil
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    deinit {
        let connection = connection
        loop.submit { connection?.close(nil) }
    }

    func connectionReady(_ connection: HTTP2Connection, certificate: PeerCertificate?) {
        waiting?.resume()
        waiting = nil
    }

    func connection(_ connection: HTTP2Connection, opened stream: HTTP2Stream) {}
    func connectionDraining(_ connection: HTTP2Connection) {}
    func connectionRecognized(_ connection: HTTP2Connection) {}
    func connectionClosed(_ connection: HTTP2Connection, error: RPCError?) {}

    /// Opens a call, sends the bytes as they are, and leaves the stream open unless `ends`.
    func call(
        _ method: MethodName, token: String? = "Bearer ann", _ more: [HeaderField] = [], body: [UInt8] = [],
        ends: Bool = false
    ) -> RawCall {
        let call = RawCall(loop)
        let fields =
            [
                HeaderField(":method", "POST"), HeaderField(":scheme", "https"), HeaderField(":path", method.path),
                HeaderField(":authority", "localhost"), HeaderField("content-type", "application/grpc"),
                HeaderField("te", "trailers"),
            ] + (token.map { [HeaderField("authorization", $0)] } ?? []) + more
        loop.submit {
            do {
                try self.connection?.open(call.stream, headers: fields)
            } catch {
                call.streamClosed(errorCode: 2)
            }
        }
        call.send(body, ends: ends)
        return call
    }
}

/// One such call: the header blocks that come back. `@unchecked Sendable`: touched on the loop's thread only.
final class RawCall: HTTP2StreamDelegate, @unchecked Sendable {
    let stream: HTTP2Stream
    private var fields: [HeaderField] = []
    private var isOver = false
    private var waiting: [CheckedContinuation<[HeaderField], Never>] = []

    init(_ loop: EventLoop) {
        stream = HTTP2Stream(loop: loop, inbox: Inbox(messageLimit: 1 << 20, isOpen: true), endsWithStatus: true)
        stream.delegate = self
    }

    /// Sends what the windows let through, and then the end where it is asked for; never waited for.
    func send(_ bytes: [UInt8], ends: Bool) {
        let stream = stream
        Task {
            try? await stream.send(bytes) { true }  // A stream that ends first is what some tests are about.
            if ends { stream.loop.submit { stream.finishWriting() } }
        }
    }

    /// All fields that came, when the call is over.
    func answer() async -> [HeaderField] {
        await withCheckedContinuation { continuation in
            stream.loop.submit {
                if self.isOver {
                    continuation.resume(returning: self.fields)
                } else {
                    self.waiting.append(continuation)
                }
            }
        }
    }

    /// The status, when the call is over.
    func status() async -> StatusCode? {
        await answer().first { $0.name == "grpc-status" }.flatMap { Int($0.value) }.flatMap(StatusCode.init)
    }

    func streamReceived(headers: [HeaderField], ends: Bool) {
        fields += headers
        if ends { streamClosed(errorCode: 0) }
    }

    func streamEnded() {}
    func streamNeedsRoom(for length: Int) -> RPCError? { nil }
    func streamDelivered(_ length: Int) {}
    func streamReads() {}
    func streamTick(now: ContinuousClock.Instant) {}

    func streamClosed(errorCode: UInt32) {
        isOver = true
        let all = waiting
        waiting = []
        for continuation in all { continuation.resume(returning: fields) }
    }
}
