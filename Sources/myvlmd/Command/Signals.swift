import Dispatch
import Foundation

/// The first signal is waited for; the second ends the process with the code shells know for it.
final class Signals {
    private let stream: AsyncStream<Int32>
    private let sources: [any DispatchSourceSignal]

    init(_ numbers: [Int32]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.stream = stream
        let queue = DispatchQueue(label: "signals")
        // Touched on `queue` only.
        nonisolated(unsafe) var seen = false
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                if seen { _exit(128 + number) }
                seen = true
                continuation.yield(number)
            }
            source.resume()
            return source
        }
    }

    /// Returns when the first signal came.
    func first() async {
        for await _ in stream { return }
    }
}
