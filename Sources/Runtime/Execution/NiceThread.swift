import Foundation
import Synchronization

/// A thread that other threads of the machine go before, for work that is long and can wait.
///
/// Work runs in the order it comes. The thread ends when its owner goes. Safe from any thread.
final class NiceThread: Sendable {
    /// What the thread and its owner share.
    private final class Work: Sendable {
        let waiting = Mutex<[@Sendable () -> Void]>([])
        let isEnded = Mutex(false)
        let count = DispatchSemaphore(value: 0)
    }

    private let work = Work()

    init(label: String, niceness: Int32) {
        let thread = Thread { [work] in
            // On Linux 0 is the calling thread. Where it fails the thread is as urgent as others: nothing else changes.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
            while true {
                work.count.wait()
                let next = work.waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                if let next { next() } else if work.isEnded.withLock({ $0 }) { return }
            }
        }
        thread.name = label
        thread.start()
    }

    deinit {
        work.isEnded.withLock { $0 = true }
        work.count.signal()
    }

    func run(_ body: @escaping @Sendable () -> Void) {
        work.waiting.withLock { $0.append(body) }
        work.count.signal()
    }
}
