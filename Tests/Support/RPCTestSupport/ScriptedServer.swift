package import RPC
package import RPCTransport
internal import Synchronization

/// A server in this process whose methods answer what a test says, and which keeps every call as it came. Its time and
/// that of its channels stands until the test lets it pass.
package final class ScriptedServer: Sendable {
    /// A call as it came.
    package struct Call: Sendable {
        package let method: MethodName
        package let authorization: String?
        /// When its caller stops waiting, from when it came; nil for whoever waits as long as it takes.
        package let patience: Duration?
        /// Its messages, encoded.
        package var messages: [[UInt8]] = []
    }

    /// What the methods answer.
    package struct Script: Sendable {
        fileprivate var services = Services()
        fileprivate let record: Record
        fileprivate let time: ManualTime

        /// Answers a method with one request and one reply.
        package mutating func on<Q: WireMessage, P: WireMessage>(
            _ method: UnaryMethod<Q, P>, _ answer: @escaping @Sendable (Q) async throws -> P
        ) {
            services.register(method) { [record, time] request, context in
                try record.add(context, time, [request])
                return try await answer(request)
            }
        }

        /// Answers a method with a stream of replies.
        package mutating func on<Q: WireMessage, P: WireMessage>(
            _ method: ServerStreamingMethod<Q, P>,
            _ answer: @escaping @Sendable (Q, ResponseWriter<P>) async throws -> Void
        ) {
            services.register(method) { [record, time] request, writer, context in
                try record.add(context, time, [request])
                try await answer(request, writer)
            }
        }

        /// Answers a method with a stream of requests: `refuse` may end the call at any of them.
        package mutating func on<Q: WireMessage, P: WireMessage>(
            _ method: ClientStreamingMethod<Q, P>, refuse: @escaping @Sendable (Q) throws -> Void = { _ in },
            _ answer: @escaping @Sendable ([Q]) async throws -> P
        ) {
            services.register(method) { [record, time] requests, context in
                let place = try record.add(context, time, [Q]())
                var all: [Q] = []
                for try await request in requests {
                    all.append(request)
                    try record.append(request, to: place)
                    try refuse(request)
                }
                return try await answer(all)
            }
        }
    }

    /// The calls of a server, in order.
    fileprivate final class Record: Sendable {
        private let calls = Mutex<[Call]>([])

        var all: [Call] { calls.withLock { $0 } }

        @discardableResult
        func add(_ context: CallContext, _ time: ManualTime, _ messages: [some WireMessage]) throws -> Int {
            let call = Call(
                method: context.method, authorization: context.metadata["authorization"],
                patience: context.deadline.map { $0 - time.now }, messages: try messages.map { try $0.encode() })
            return calls.withLock { calls in
                calls.append(call)
                return calls.count - 1
            }
        }

        func append(_ message: some WireMessage, to place: Int) throws {
            let bytes = try message.encode()
            calls.withLock { $0[place].messages.append(bytes) }
        }
    }

    package let server: Server
    package let time = ManualTime()
    private let record = Record()

    /// A server with a script; a method that is in none is unimplemented.
    package init(_ write: (inout Script) -> Void) throws {
        var script = Script(record: record, time: time)
        write(&script)
        server = try Server(
            configuration: .pipesOnly(time: time), services: script.services, authenticator: { _, _, _ in Caller() })
        server.startWithoutListening()
    }

    deinit {
        let server = server
        Task { await server.shutdown(grace: .zero) }
    }

    private struct Caller: KnownCaller { let accountNumber: Int64 = 1 }

    /// The calls so far.
    package var calls: [Call] { record.all }

    /// The names of the methods called so far.
    package var methods: [String] { calls.map(\.method.method) }

    /// A channel to it, by its time.
    package func channel() throws -> Channel { try Channel.joined(to: server, time: time, keeping: self) }
}
