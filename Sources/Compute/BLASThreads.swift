internal import COpenBLAS

/// How many threads OpenBLAS uses, for the whole process.
public enum BLASThreads {
    private static let one: Void = openblas_set_num_threads(1)

    /// From the first call on OpenBLAS keeps to the thread that calls it.
    ///
    /// Products are then the same each time: how OpenBLAS cuts one depends on its threads, and the last bits of the sums
    /// on the cut. To be called before anything that uses OpenBLAS, libraries that do so themselves included.
    public static func keepToTheCaller() { _ = one }
}
