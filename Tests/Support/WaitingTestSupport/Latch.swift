import Dispatch

/// A door that is closed until a test opens it, for work on a thread of its own. It blocks, without using the processor;
/// a task of the cooperative pool must not wait here.
package final class Latch: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    package init() {}

    /// Lets everybody through who waits now or comes later.
    package func open() { semaphore.signal() }

    /// Blocks until the latch is open.
    package func wait() {
        semaphore.wait()
        semaphore.signal()
    }
}
