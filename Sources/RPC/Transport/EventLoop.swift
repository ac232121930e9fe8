internal import CEvent
internal import Foundation

#if canImport(Glibc)
    internal import Glibc
#endif

/// One thread that runs libevent. Everything with a socket is confined to it: such objects are touched in work
/// given to `submit`, never from elsewhere. Thread-safe.
///
/// The thread ends when the last reference to the loop is released; what was submitted before still runs.
package final class EventLoop: TaskExecutor, Sendable {
    private let core: LoopCore
    /// The clock of timers and deadlines, where it is not the machine's.
    package let time: ManualTime?

    /// Starts the thread. Throws `RPCError` (unavailable) when descriptors or threads are used up.
    /// - Parameter time: what timers and deadlines go by; nil takes the machine's clock.
    package init(time: ManualTime? = nil) throws {
        self.time = time
        core = try LoopCore()
        try core.start()
    }

    deinit {
        let core = core
        core.post { core.stop() }
        core.join()
    }

    /// Whether the caller runs on the loop's thread.
    package var isCurrent: Bool { core.isCurrent }

    /// The time by which the loop's timers and deadlines go.
    package var now: ContinuousClock.Instant { time?.now ?? .now }

    /// libevent's base, for use on the loop's thread only.
    package var base: OpaquePointer { core.base }

    /// Runs work on the loop's thread: in place when called there, else in a later pass, in order.
    package func submit(_ work: @escaping @Sendable () -> Void) {
        if core.isCurrent { work() } else { core.post(work) }
    }

    /// Runs work on the loop's thread after what runs now.
    package func post(_ work: @escaping @Sendable () -> Void) { core.post(work) }

    /// Runs a Swift job on the loop's thread.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        core.post { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// The state that the thread itself keeps alive.
///
/// `@unchecked Sendable`: `queue` and `woken` are guarded by `lock`; `thread` is written once before the thread
/// starts to work and read after; `running` and `wake` are used on the loop's thread alone.
private final class LoopCore: @unchecked Sendable {
    let base: OpaquePointer
    private let descriptor: Int32
    private let lock = NSLock()
    private var queue: [@Sendable () -> Void] = []
    private var woken = false
    private var thread = pthread_t()
    private var running = true
    private var wake: OpaquePointer?

    init() throws {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0, let base = event_base_new() else {
            throw TransportError.system("the event loop cannot start", errno)
        }
        self.base = base
    }

    func start() throws {
        let retained = Unmanaged.passRetained(self)
        lock.lock()
        defer { lock.unlock() }
        let status = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<LoopCore>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, retained.toOpaque())
        guard status == 0 else {
            retained.release()
            throw TransportError.system("the event loop's thread cannot start", status)
        }
    }

    var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    func post(_ work: @escaping @Sendable () -> Void) {
        lock.lock()
        queue.append(work)
        let mustWake = !woken
        woken = true
        lock.unlock()
        if mustWake { eventfd_write(descriptor, 1) }
    }

    func stop() {
        running = false
        event_base_loopbreak(base)
    }

    func join() {
        if isCurrent { pthread_detach(thread) } else { pthread_join(thread, nil) }
    }

    private func run() {
        // Waits until `thread` is written.
        lock.lock()
        lock.unlock()
        // OpenSSL writes with write(2), which raises SIGPIPE on a closed socket and would end the process. It goes
        // to the thread that writes, which is always this one: blocked here, the write fails with EPIPE instead.
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, nil)
        wake = event_new(
            base, descriptor, Int16(EV_READ | EV_PERSIST),
            { _, _, context in
                if let context { Unmanaged<LoopCore>.fromOpaque(context).takeUnretainedValue().drain() }
            }, Unmanaged.passUnretained(self).toOpaque())
        event_add(wake, nil)
        while running { event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY) }
        drain()
        event_free(wake)
        event_base_free(base)
        close(descriptor)
    }

    /// Runs what was posted so far; what that posts runs in the next pass, so sockets are not starved.
    private func drain() {
        var count: UInt64 = 0
        eventfd_read(descriptor, &count)
        lock.lock()
        let work = queue
        queue = []
        woken = false
        lock.unlock()
        for item in work { item() }
    }
}
