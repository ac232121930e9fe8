package import RPC
package import RPCCore
package import RPCTransport
internal import Synchronization

/// A channel under test whose connections are fake pipes: a test plays the server, frame by frame, by a time of its own.
package final class DialledChannel {
    package let channel: Channel
    package let time = ManualTime()
    private var pipes: AsyncStream<FakePipe>.AsyncIterator

    /// - Parameter refusing: what the first attempts to connect fail with.
    package init(refusing: [RPCError] = [], _ adjust: (inout ChannelOptions) -> Void = { _ in })
        throws
    {
        var options = ChannelOptions()
        adjust(&options)
        let (dialled, dialling) = AsyncStream.makeStream(of: FakePipe.self)
        let refusals = Mutex(refusing)
        channel = try Channel(options: options, time: time) { loop, made in
            if let error = refusals.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
                return loop.post { made(.failure(error)) }
            }
            let pipe = FakePipe(loop, testing: .client)
            loop.post {
                made(.success(pipe))
                pipe.connect()
                dialling.yield(pipe)
            }
        }
        pipes = dialled.makeAsyncIterator()
    }

    /// The next connection that the channel makes, with the server's first words said.
    package func accept(settings: [(UInt16, UInt32)] = []) async -> PipePeer {
        guard let pipe = await pipes.next() else { fatalError("the channel is gone") }
        pipe.feed(.settings(settings))
        return PipePeer(pipe)
    }
}
