import RPCCore
import Testing

private func request(_ changes: [String: String?] = [:]) -> [HeaderField] {
    var fields: [String: String?] = [
        ":method": "POST", ":path": "/a.B/C", "content-type": "application/grpc", "te": "trailers", "x-own": "1",
    ]
    fields.merge(changes) { $1 }
    return fields.compactMap { name, value in value.map { HeaderField(name, $0) } }
}

@Suite(.timeLimit(.minutes(10))) struct ServerCallStateTests {
    @Test func aRequestIsRead() throws {
        guard case .call(let head) = ServerCallState.open(request(["grpc-timeout": "3S"])) else {
            Issue.record("not a call")
            return
        }
        #expect(head == RequestHead.init(of: "/a.B/C", ["x-own": "1"], .seconds(3)))
    }

    @Test(arguments: ["application/grpc", "application/grpc+proto", "application/grpc; charset=utf-8"])
    func contentTypesOfGRPC(_ type: String) {
        guard case .call = ServerCallState.open(request(["content-type": type])) else {
            Issue.record("\(type) was not taken")
            return
        }
    }

    @Test(
        arguments: [
            (["content-type": "text/html"], 415), (["content-type": nil], 415),
            (["content-type": "application/grpcx"], 415),
            (["content-type": "application/grpc+json"], 415), ([":method": "GET"], 405),
        ] as [([String: String?], Int)])
    func whatIsNotGRPCGetsAnHTTPStatus(_ changes: [String: String?], _ status: Int) {
        guard case .notGRPC(let found) = ServerCallState.open(request(changes)) else {
            Issue.record("taken for gRPC")
            return
        }
        #expect(found == status)
    }

    @Test(
        arguments: [
            ([":path": "/a"], StatusCode.unimplemented), (["grpc-timeout": "soon"], .invalidArgument),
            (["grpc-encoding": "gzip"], .unimplemented),
        ] as [([String: String?], StatusCode)])
    func whatCannotBeServedGetsAStatus(_ changes: [String: String?], _ code: StatusCode) {
        guard case .refuse(let error) = ServerCallState.open(request(changes)) else {
            Issue.record("not refused")
            return
        }
        #expect(error.code == code)
    }

    @Test func blocksFollowTheRules() {
        var streaming = ServerCallState()
        #expect(streaming.send() == .headersThenMessage)
        #expect(streaming.send() == .message)
        #expect(streaming.finish() == .trailers)
        #expect(streaming.send() == .drop)
        #expect(streaming.finish() == .drop)
        #expect(streaming.reset() == false)
        var failed = ServerCallState()
        #expect(failed.finish() == .trailersOnly)
        var gone = ServerCallState()
        #expect(gone.reset() == true, "the handler is at work and must be cancelled")
        #expect(gone.send() == .drop)
        #expect(gone.finish() == .drop)
    }

    @Test func aStatusCarriesItsTrailers() {
        let error = RPCError(
            code: .resourceExhausted, message: "full é", trailers: ["retry-after-ms": "5", "x-request-id": "forged"])
        #expect(
            ServerCallState.status(error, requestID: "r1") == [
                HeaderField("grpc-status", "8"), HeaderField("grpc-message", "full %C3%A9"),
                HeaderField("retry-after-ms", "5"), HeaderField("x-request-id", "r1"),
            ])
        #expect(
            ServerCallState.status(nil, requestID: "r2") == [
                HeaderField("grpc-status", "0"), HeaderField("x-request-id", "r2"),
            ])
    }
}

extension RequestHead {
    fileprivate init?(of path: String, _ metadata: Metadata, _ timeout: Duration) {
        guard
            case .call(let head) = ServerCallState.open(
                [
                    HeaderField(":method", "POST"), HeaderField(":path", path),
                    HeaderField("content-type", "application/grpc"),
                    HeaderField("grpc-timeout", Timeout.format(timeout)),
                ] + metadata.headers)
        else { return nil }
        self = head
    }
}

@Suite(.timeLimit(.minutes(10))) struct ClientCallStateTests {
    private let ok = [HeaderField(":status", "200"), HeaderField("content-type", "application/grpc")]

    private func code(_ reading: ClientCallState.Reading) -> StatusCode? {
        switch reading {
        case .failed(let error): error.code
        case .succeeded: .ok
        case .ignore, .initial: nil
        }
    }

    @Test func aGoodCall() {
        var state = ClientCallState()
        #expect(code(state.receive([HeaderField(":status", "103")], ends: false)) == nil)
        guard case .initial(let metadata) = state.receive(ok + [HeaderField("x-a", "b")], ends: false) else {
            Issue.record("no initial metadata")
            return
        }
        #expect(metadata["x-a"] == "b")
        #expect(code(state.receive([HeaderField("grpc-status", "0")], ends: true)) == .ok)
        #expect(state.close(errorCode: 8) == nil, "a reset after the status changes nothing")
    }

    @Test func aTrailersOnlyError() {
        var state = ClientCallState()
        let reading = state.receive(
            ok + [
                HeaderField("grpc-status", "5"), HeaderField("grpc-message", "no%20dog"),
                HeaderField("x-request-id", "7"),
            ],
            ends: true)
        guard case .failed(let error) = reading else {
            Issue.record("no error")
            return
        }
        #expect(error.code == .notFound)
        #expect(error.message == "no dog")
        #expect(error.requestID == "7")
    }

    @Test(arguments: [
        (400, StatusCode.internalError), (401, .unauthenticated), (403, .permissionDenied), (404, .unimplemented),
        (429, .unavailable), (503, .unavailable), (500, .unknown), (302, .unknown),
    ])
    func httpErrors(_ status: Int, _ expected: StatusCode) {
        var state = ClientCallState()
        #expect(code(state.receive([HeaderField(":status", String(status))], ends: true)) == expected)
    }

    @Test func brokenResponses() {
        var html = ClientCallState()
        #expect(
            code(html.receive([HeaderField(":status", "200"), HeaderField("content-type", "text/html")], ends: false))
                == .unknown)
        var noStatus = ClientCallState()
        #expect(code(noStatus.receive(ok, ends: true)) == .unknown)
        var strange = ClientCallState()
        #expect(code(strange.receive(ok + [HeaderField("grpc-status", "99")], ends: true)) == .unknown)
        var headless = ClientCallState()
        #expect(code(headless.receive([], ends: false)) == .internalError)
        var middle = ClientCallState()
        _ = middle.receive(ok, ends: false)
        #expect(code(middle.receive(ok, ends: false)) == .internalError)
    }

    @Test(arguments: [
        (0, StatusCode.unknown), (1, .internalError), (7, .unavailable), (8, .cancelled), (11, .resourceExhausted),
        (12, .permissionDenied),
    ])
    func resets(_ reset: Int, _ expected: StatusCode) {
        let reset = UInt32(reset)
        var state = ClientCallState()
        #expect(state.close(errorCode: reset)?.code == expected)
        #expect(state.close(errorCode: reset) == nil)
    }
}
