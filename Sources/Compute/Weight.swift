internal import Kernels

/// The weight W `[outputs, inputs]` of a linear map y = x W^T, packed for the kernels. Immutable; safe from any thread.
///
/// Arithmetic is 32-bit whatever the storage is. An output row depends on its input row alone, bit for bit: neither
/// the number of rows nor the threads change it.
public final class Weight: Sendable {
    /// How the numbers are kept.
    public enum Storage: Sendable {
        /// As given.
        case float32
        /// Rounded to bfloat16 (8 bits of precision), half the memory to read.
        case bfloat16
    }

    /// Rows of W.
    public let outputs: Int
    /// Columns of W.
    public let inputs: Int
    /// How the numbers are kept.
    public let storage: Storage
    private let panels: FloatBuffer

    /// Packs rows in Hugging Face order; `load` gives `parts` blocks `[rows, inputs]` that follow each other and must
    /// fill `outputs` rows.
    public init(
        outputs: Int, inputs: Int, storage: Storage = .float32, parts: Int, load: (Int) throws -> [Float]
    ) rethrows {
        self.outputs = outputs
        self.inputs = inputs
        self.storage = storage
        panels = FloatBuffer(count: (mk_packed_bytes(outputs, inputs, storage.code) + 3) / 4)
        var first = 0
        for part in 0..<parts {
            let values = try load(part)
            let rows = values.count / max(inputs, 1)
            precondition(
                rows * inputs == values.count && first + rows <= outputs,
                "\(values.count) values from row \(first) do not fit \(outputs) x \(inputs)")
            mk_pack(values, first, rows, inputs, storage.code, panels.pointer)
            first += rows
        }
        precondition(first == outputs, "\(first) of \(outputs) rows given")
    }

    /// Packs `values` `[outputs, inputs]`.
    public convenience init(outputs: Int, inputs: Int, values: [Float], storage: Storage = .float32) {
        self.init(outputs: outputs, inputs: inputs, storage: storage, parts: 1) { _ in values }
    }

    /// y `[rows, outputs]` = x `[rows, inputs]` W^T, added to y when `accumulate`.
    public func multiply(
        _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>, accumulate: Bool = false
    ) {
        withDescriptor { mk_gemm_packed($0, x, rows, y, accumulate ? 1 : 0) }
    }

    /// x W^T, `[x.rows, outputs]`.
    public func multiply(_ x: Matrix) -> Matrix {
        precondition(x.columns == inputs, "\(x.columns) columns for \(inputs) inputs")
        var y = Matrix(rows: x.rows, columns: outputs)
        x.values.withUnsafeBufferPointer { x in
            y.values.withUnsafeMutableBufferPointer { y in
                if let from = x.baseAddress, let to = y.baseAddress { multiply(from, rows: x.count / inputs, into: to) }
            }
        }
        return y
    }

    /// dx `[rows, inputs]` = dy `[rows, outputs]` W, added to dx when `accumulate`: the backward pass to activations.
    public func multiplyTransposed(
        _ dy: UnsafePointer<Float>, rows: Int, into dx: UnsafeMutablePointer<Float>, accumulate: Bool = false
    ) {
        withDescriptor { mk_gemm_packed_transposed($0, dy, rows, dx, accumulate ? 1 : 0) }
    }

    /// Writes one row of W, `[inputs]`.
    public func copyRow(_ index: Int, to out: UnsafeMutablePointer<Float>) {
        precondition(index >= 0 && index < outputs, "row \(index) of \(outputs)")
        withDescriptor { mk_unpack_row($0, index, out) }
    }

    /// One row of W, `[inputs]`.
    public func row(_ index: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: inputs) { buffer, count in
            if let base = buffer.baseAddress { copyRow(index, to: base) }
            count = inputs
        }
    }

    private func withDescriptor(_ body: (UnsafePointer<mk_weight>) -> Void) {
        var descriptor = mk_weight(
            panels: UnsafeRawPointer(panels.pointer), outputs: outputs, inputs: inputs, storage: storage.code)
        body(&descriptor)
    }
}

extension Weight.Storage {
    fileprivate var code: Int32 {
        switch self {
        case .float32: Int32(MK_F32)
        case .bfloat16: Int32(MK_BF16)
        }
    }
}
