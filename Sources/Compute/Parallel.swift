internal import Kernels

/// The shared thread pool of the kernels. Safe from any thread; calls may be nested.
public enum Parallel {
    /// Threads that work on one job, the caller included; at first one for each processor.
    public static var threads: Int { mk_threads() }

    /// Limits the threads of jobs started from now on, 1...64.
    public static func setThreads(_ count: Int) { mk_set_threads(count) }

    /// Calls `body(lower, upper)` over disjoint chunks that cover `0..<count`, in any order and on several threads;
    /// the caller works too. Chunks hold a multiple of `grain` indices; only the last may end
    /// within one.
    public static func forEachChunk(of count: Int, grain: Int, _ body: @Sendable (Int, Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            let job = Job(body: body)
            withExtendedLifetime(job) {
                mk_parallel(
                    { context, lower, upper in
                        guard let context else { return }
                        Unmanaged<Job>.fromOpaque(context).takeUnretainedValue().body(lower, upper)
                    }, Unmanaged.passUnretained(job).toOpaque(), count, grain)
            }
        }
    }

    /// Carries the closure through C; it never outlives the call.
    private final class Job: Sendable {
        let body: @Sendable (Int, Int) -> Void
        init(body: @escaping @Sendable (Int, Int) -> Void) { self.body = body }
    }
}
