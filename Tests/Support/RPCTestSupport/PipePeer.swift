package import RPC
package import RPCCore

/// The other end of a connection under test, over a fake pipe: it sends the frames it is told and keeps those that come,
/// by stream. A client of a server under test, or a server of a channel under test. For one task.
package final class PipePeer {
    /// What came on one stream.
    package struct Stream: Equatable {
        /// The header blocks, in order: headers and trailers, or trailers alone.
        package var blocks: [[HeaderField]] = []
        package var body: [UInt8] = []
        package var reset: UInt32?
        package var isEnded = false

        package subscript(name: String) -> String? { blocks.joined().last { $0.name == name }?.value }

        /// gRPC's status, where one came.
        package var status: StatusCode? {
            self["grpc-status"].flatMap { Int($0) }.flatMap(StatusCode.init)
        }

        /// The whole messages of the body.
        package var messages: [[UInt8]] {
            get throws {
                var deframer = Deframer(limit: .max)
                body.withUnsafeBytes { deframer.append($0) }
                var found: [[UInt8]] = []
                while let message = try deframer.next() { found.append(message) }
                return found
            }
        }

        /// The same without the name that the server gives each call.
        package var anonymous: Stream {
            var copy = self
            copy.blocks = blocks.map { $0.filter { $0.name != "x-request-id" } }
            return copy
        }
    }

    package let pipe: FakePipe
    private var iterator: AsyncStream<HTTP2Frame>.AsyncIterator
    private let headers = HeaderReader()
    package private(set) var streams: [UInt32: Stream] = [:]
    /// Frames that are neither headers, data nor resets.
    package private(set) var others: [HTTP2Frame] = []

    /// The peer of whoever writes into the pipe.
    package init(_ pipe: FakePipe) {
        self.pipe = pipe
        iterator = pipe.frames.makeAsyncIterator()
    }

    /// A client of a server: its pipe is connected. `preface`: it says what every client says first.
    package static func client(
        of server: Server, from host: String = "127.0.0.1", preface: Bool = true
    ) async -> PipePeer {
        let (made, maker) = AsyncStream.makeStream(of: FakePipe.self)
        server.adopt(from: Endpoint(host: host, port: 1)) { loop in
            let pipe = FakePipe(loop, testing: .server)
            loop.post {
                pipe.connect()
                maker.yield(pipe)
                maker.finish()
            }
            return pipe
        }
        var first: FakePipe?
        for await pipe in made { first = pipe }
        guard let first else { fatalError("the server took no pipe") }
        if preface { first.feed(HTTP2Frame.preface + HTTP2Frame.settings().bytes) }
        return PipePeer(first)
    }

    /// The fields of a request.
    package static func request(
        _ method: MethodName, token: String? = "Bearer ann", _ more: [(String, String)] = []
    ) -> [(String, String)] {
        [
            (":method", "POST"), (":scheme", "https"), (":path", method.path),
            (":authority", "localhost"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        ] + (token.map { [("authorization", $0)] } ?? []) + more
    }

    /// The fields of a response's first block.
    package static let response = [(":status", "200"), ("content-type", "application/grpc")]

    /// The next frame that comes; nil after the end.
    @discardableResult
    package func next() async throws -> HTTP2Frame? {
        guard let frame = await iterator.next() else { return nil }
        switch frame.kind {
        case HTTP2Frame.Kind.headers:
            streams[frame.stream, default: Stream()].blocks.append(try headers.fields(frame.payload))
        case HTTP2Frame.Kind.data: streams[frame.stream, default: Stream()].body += frame.payload
        case HTTP2Frame.Kind.reset: streams[frame.stream, default: Stream()].reset = frame.word(at: 0)
        default: others.append(frame)
        }
        if frame.ends { streams[frame.stream]?.isEnded = true }
        return frame
    }

    /// All that comes on a stream, to its end or the connection's.
    package func whole(_ stream: UInt32) async throws -> Stream {
        while true {
            if let found = streams[stream], found.isEnded || found.reset != nil { return found }
            guard try await next() != nil else { return streams[stream] ?? Stream() }
        }
    }

    /// Reads until there is such a frame; nil where the connection ends before.
    package func first(_ isWanted: (HTTP2Frame) -> Bool) async throws -> HTTP2Frame? {
        while let frame = try await next() { if isWanted(frame) { return frame } }
        return nil
    }

    /// Reads what has been written by now: the answer to a ping comes after it.
    package func catchUp(_ number: UInt32 = 0xCAFE) async throws {
        pipe.feed(.ping(number))
        let answer = HTTP2Frame.ping(number, isAnswer: true)
        _ = try await first { $0 == answer }
    }

    /// Reads to the end of the connection: the code and the words of the last GOAWAY with an error.
    package func farewell() async throws -> (code: UInt32, words: String)? {
        while try await next() != nil {}
        guard
            let last = others.last(where: { $0.kind == HTTP2Frame.Kind.goAway && $0.word(at: 4) != 0 })
        else {
            return nil
        }
        return (last.word(at: 4), String(decoding: last.payload[8...], as: UTF8.self))
    }
}
