public import Compute

/// Where the numbers of a tensor come from.
public enum LlamaTensorSource {
    /// All of them, row-major.
    case values([Float])
    /// A matrix read piece by piece: writes the rows of a range, at most `Weight.rowsPerRead`, `[range.count, inputs]`.
    /// Called for disjoint ranges from several threads at once.
    case rows(@Sendable (_ rows: Range<Int>, _ to: UnsafeMutablePointer<Float>) throws -> Void)
    /// A matrix in a GGUF file's own blocks, kept bit for bit where the storage asked for is the same; `place` gives
    /// the row a row of the file becomes. The memory must stay as it is while the weights are loaded.
    case blocks(UnsafeRawBufferPointer, storage: Weight.Storage, place: (Int) -> Int)
}
