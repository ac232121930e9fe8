internal import Kernels

/// What this machine gives at most, measured now: the floors that speeds are compared with.
public enum Ceiling {
    /// Bytes a second that all threads read together, the best of `rounds` passes over 512 MiB.
    public static func bandwidth(rounds: Int = 5) -> Double {
        let buffer = FloatBuffer(count: 128 << 20)
        var best = 0.0
        for _ in 0..<rounds {
            let seconds = time { _ = mk_read(buffer.pointer, buffer.count) }
            best = max(best, Double(buffer.count * 4) / seconds)
        }
        return best
    }

    /// Operations a second (two for each multiply-add) of the instructions a storage is multiplied with, in registers.
    public static func operations(_ storage: Weight.Storage, rounds: Int = 5) -> Double {
        var best = 0.0
        for _ in 0..<rounds {
            var done = 0.0
            let seconds = time { done = mk_peak_operations(storage.code, 200) }
            best = max(best, done / seconds)
        }
        return best
    }

    private static func time(_ body: () -> Void) -> Double { ContinuousClock().measure(body) / .seconds(1) }
}
