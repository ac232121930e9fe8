internal import CEvent
internal import Glibc

/// A one-shot timer of an event loop. Confined to the loop's thread.
package final class LoopTimer {
    private var event: OpaquePointer?
    private var work: (() -> Void)?

    /// Runs `work` once on the loop's thread after `delay`, unless cancelled before. Call on the loop's thread.
    package init(_ loop: EventLoop, after delay: Duration, _ work: @escaping () -> Void) {
        self.work = work
        let context = Unmanaged.passRetained(self)
        event = event_new(
            loop.base, -1, 0,
            { _, _, context in
                guard let context else { return }
                let timer = Unmanaged<LoopTimer>.fromOpaque(context).takeUnretainedValue()
                let work = timer.work
                timer.cancel()
                work?()
            }, context.toOpaque())
        let positive = max(delay, .zero)
        var time = timeval(
            tv_sec: Int(positive.components.seconds),
            tv_usec: Int(positive.components.attoseconds / 1_000_000_000_000))
        event_add(event, &time)
    }

    /// Stops the timer. Does nothing once it fired.
    package func cancel() {
        guard let event else { return }
        self.event = nil
        work = nil
        event_free(event)
        Unmanaged.passUnretained(self).release()
    }
}
