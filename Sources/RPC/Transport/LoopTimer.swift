internal import CEvent
internal import Glibc

/// A one-shot timer of an event loop, by the loop's time.
///
/// `@unchecked Sendable`: touched on the loop's thread only.
package final class LoopTimer: @unchecked Sendable {
    private var event: OpaquePointer?
    private var alarm: (time: ManualTime, id: UInt64)?
    private var work: (() -> Void)?

    /// Runs `work` once on the loop's thread after `delay`, unless cancelled before. Call on the loop's thread.
    /// - Parameter isReal: by the machine's time, whatever the loop's clock is: for limits on closing and shutting
    ///   down.
    package init(_ loop: EventLoop, after delay: Duration, isReal: Bool = false, _ work: @escaping () -> Void) {
        self.work = work
        if let time = loop.time, !isReal {
            alarm = (time, time.add(self, after: delay, on: loop))
            return
        }
        let context = Unmanaged.passRetained(self)
        event = event_new(
            loop.base, -1, 0,
            { _, _, context in
                if let context { Unmanaged<LoopTimer>.fromOpaque(context).takeUnretainedValue().fire() }
            }, context.toOpaque())
        let positive = max(delay, .zero)
        var time = timeval(
            tv_sec: Int(positive.components.seconds),
            tv_usec: Int(positive.components.attoseconds / 1_000_000_000_000))
        event_add(event, &time)
    }

    func fire() {
        let work = work
        cancel()
        work?()
    }

    /// Stops the timer. Does nothing once it fired.
    package func cancel() {
        work = nil
        if let (time, id) = alarm {
            alarm = nil
            time.remove(id)
        }
        guard let event else { return }
        self.event = nil
        event_free(event)
        Unmanaged.passUnretained(self).release()
    }
}
