import Dispatch
import Foundation
import LocalFiles
import Synchronization

/// Listens to SIGINT, SIGTERM and, unless it is ignored, SIGHUP: the first one cancels, the second ends the program at
/// once, and so does a cancelled command that has not ended after a while.
final class Interrupts: Sendable {
    /// How long a command may take to end after it was cancelled.
    private static let patience = DispatchTimeInterval.seconds(10)

    private let sources: Mutex<[any DispatchSourceSignal]>
    private let seen: Seen

    /// Those that are listened to and would be ignored without.
    private static let taken = Mutex<[Int32]>([])

    /// Gives the signals back to the system, for a program that takes this one's place: ignored ones would stay so.
    static func handBack() { for number in taken.withLock({ $0 }) { Foundation.signal(number, SIG_DFL) } }

    /// What came first.
    private final class Seen: Sendable {
        private let first = Atomic<Int32>(0)

        /// False when another one was first.
        func take(_ number: Int32) -> Bool {
            first.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
        }

        var number: Int32? {
            let number = first.load(ordering: .relaxed)
            return number == 0 ? nil : number
        }
    }

    init(_ cancel: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "interrupts")
        let seen = Seen()
        self.seen = seen
        let numbers = Self.numbers
        Self.taken.withLock { $0 = numbers }
        sources = Mutex(
            numbers.map { number in
                Foundation.signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler {
                    guard seen.take(number) else { return Self.end(number) }
                    cancel()
                    queue.asyncAfter(deadline: .now() + Self.patience) { Self.end(number) }
                }
                source.resume()
                return source
            })
    }

    /// The signal that cancelled; nil where none came.
    var signal: Int32? { seen.number }

    func stop() { sources.withLock { for source in $0 { source.cancel() } } }

    private static var numbers: [Int32] {
        var old = sigaction()
        sigaction(SIGHUP, nil, &old)
        // nohup asks for that.
        let isIgnored = unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1
        return isIgnored ? [SIGINT, SIGTERM] : [SIGINT, SIGTERM, SIGHUP]
    }

    private static func end(_ number: Int32) {
        UnfinishedFiles.discardAll()
        _exit(128 + number)
    }
}
