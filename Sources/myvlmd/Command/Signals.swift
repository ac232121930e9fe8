import Dispatch
import Foundation
import Synchronization

/// Signals that end the server, and signals that do not.
///
/// The first ending signal is waited for; the second ends the process with the exit code that shells use for it.
/// Signals that a closed terminal or another program sends by habit end nothing: they are logged and ignored. Safe from
/// any thread.
final class Signals: Sendable {
    private let stream: AsyncStream<Int32>
    private let heard: Heard
    // Kept alive for their effect; not used after `init`.
    nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

    /// State that the handlers share.
    private final class Heard: Sendable {
        let seen = Mutex(false)
        let tell = Mutex<(@Sendable (Int32) -> Void)?>(nil)
    }

    init(ending: [Int32], ignored: [Int32]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        let heard = Heard()
        let queue = DispatchQueue(label: "signals")
        func source(_ number: Int32, _ handle: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler(handler: handle)
            source.resume()
            return source
        }
        self.stream = stream
        self.heard = heard
        sources =
            ending.map { number in
                source(number) {
                    let isSecond = heard.seen.withLock { seen in
                        defer { seen = true }
                        return seen
                    }
                    if isSecond { _exit(128 + number) }
                    continuation.yield(number)
                }
            } + ignored.map { number in source(number) { heard.tell.withLock { $0 }?(number) } }
    }

    /// Is told of signals that are ignored.
    func tell(_ body: @escaping @Sendable (Int32) -> Void) { heard.tell.withLock { $0 = body } }

    /// Whether a signal that ends the server has come.
    var hasCome: Bool { heard.seen.withLock { $0 } }

    /// Returns when the first ending signal came.
    func first() async {
        for await _ in stream { return }
    }
}
