internal import Kernels
internal import Synchronization

/// The weight W `[outputs, inputs]` of a linear map y = x W^T, packed for the kernels. Immutable; safe from any thread.
///
/// An output row depends on its input row alone, bit for bit, whatever the storage is: neither the number of rows nor
/// the threads change it.
public final class Weight: Sendable {
    /// How the numbers are kept and multiplied. Sums are 32-bit floats in every case.
    public enum Storage: String, Sendable, CaseIterable {
        /// As given, multiplied as given.
        case float32 = "f32"
        /// Weights and rows rounded to bfloat16 (8 bits of precision): half the memory, twice the speed.
        case bfloat16 = "bf16"
        /// Weights rounded to 16-bit floats, multiplied as 32-bit ones.
        case float16 = "f16"
        /// 8 bits a weight, a scale for each 32 inputs; rows are rounded to 8 bits in blocks of 32 too. GGUF's Q8_0.
        case int8 = "q8_0"
        /// 4 bits a weight, symmetric, a scale for each 32 inputs; rows as for `int8`. GGUF's Q4_0.
        case symmetric4 = "q4_0"
        /// 4 bits a weight, a scale and a minimum for each 32 inputs; rows as for `int8`. GGUF's Q4_1.
        case affine4 = "q4_1"

        /// Whether numbers lie in blocks of 32 with a scale, as in a GGUF file.
        public var isQuantized: Bool { self == .int8 || self == .symmetric4 || self == .affine4 }

        /// The storage of a user's word: the raw values, and `int8`, `q4` for the usual choices.
        public init?(name: String) {
            switch name {
            case "int8": self = .int8
            case "q4": self = .affine4
            default: self.init(rawValue: name)
            }
        }
    }

    /// Rows of W.
    public let outputs: Int
    /// Columns of W.
    public let inputs: Int
    /// How the numbers are kept.
    public let storage: Storage
    private let panels: FloatBuffer

    /// Bytes of the packed numbers.
    public var bytes: Int { mk_packed_bytes(outputs, inputs, storage.code) }

    /// Rows that `read` is asked for at once when a weight is streamed.
    public static let rowsPerRead = 64

    private init(empty outputs: Int, inputs: Int, storage: Storage) {
        self.outputs = outputs
        self.inputs = inputs
        self.storage = storage
        panels = FloatBuffer(count: (mk_packed_bytes(outputs, inputs, storage.code) + 3) / 4, lasting: true)
    }

    /// Packs rows in Hugging Face order; `load` gives `parts` blocks `[rows, inputs]` that follow each other and must
    /// fill `outputs` rows.
    public convenience init(
        outputs: Int, inputs: Int, storage: Storage = .float32, parts: Int, load: (Int) throws -> [Float]
    ) rethrows {
        self.init(empty: outputs, inputs: inputs, storage: storage)
        var first = 0
        for part in 0..<parts {
            let values = try load(part)
            let rows = values.count / max(inputs, 1)
            precondition(
                rows * inputs == values.count && first + rows <= outputs,
                "\(values.count) values from row \(first) do not fit \(outputs) x \(inputs)")
            let start = first
            let packed = Packing(to: panels.pointer, inputs: inputs, storage: storage.code)
            values.withUnsafeBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                let from = Rows(base: base)
                Parallel.forEachChunk(of: rows, grain: 16) { lower, upper in
                    packed.write(from.base + lower * inputs, first: start + lower, rows: upper - lower)
                }
            }
            first += rows
        }
        precondition(first == outputs, "\(first) of \(outputs) rows given")
    }

    /// Packs `values` `[outputs, inputs]`.
    public convenience init(outputs: Int, inputs: Int, values: [Float], storage: Storage = .float32) {
        self.init(outputs: outputs, inputs: inputs, storage: storage, parts: 1) { _ in values }
    }

    /// Packs rows as they are read, so that no plain copy of the whole is ever alive.
    ///
    /// `read` writes the rows of a range, at most `rowsPerRead` of them, `[range.count, inputs]`. It is called for
    /// disjoint ranges from several threads at once; after it has thrown, it is called no more and its error is thrown.
    public convenience init(
        outputs: Int, inputs: Int, storage: Storage,
        read: @Sendable (_ rows: Range<Int>, _ to: UnsafeMutablePointer<Float>) throws -> Void
    ) throws {
        self.init(empty: outputs, inputs: inputs, storage: storage)
        let packed = Packing(to: panels.pointer, inputs: inputs, storage: storage.code)
        let failure = Mutex<(any Error)?>(nil)
        let size = Self.rowsPerRead
        Parallel.forEachChunk(of: (outputs + size - 1) / size, grain: 1) { lower, upper in
            let buffer = FloatBuffer(count: size * inputs)
            for chunk in lower..<upper {
                guard failure.withLock({ $0 == nil }) else { return }
                let rows = chunk * size..<min(outputs, (chunk + 1) * size)
                do {
                    try read(rows, buffer.pointer)
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                    return
                }
                packed.write(buffer.pointer, first: rows.lowerBound, rows: rows.count)
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Packs a GGUF tensor's own blocks, `[outputs][inputs / 32]`, without rounding anything again.
    ///
    /// `storage` is quantised, `inputs` a multiple of 32; `place` gives the row of W a row of the file becomes.
    public convenience init(
        outputs: Int, inputs: Int, storage: Storage, blocks: UnsafeRawBufferPointer, place: (Int) -> Int = { $0 }
    ) {
        self.init(outputs: outputs, inputs: inputs, storage: storage, blocks: [blocks]) { place($1) }
    }

    /// The same for several tensors that follow each other; `place` is given the part and the row within it, and gives
    /// the row within the part.
    public convenience init(
        outputs: Int, inputs: Int, storage: Storage, blocks: [UnsafeRawBufferPointer], place: (Int, Int) -> Int
    ) {
        let header = storage == .affine4 ? 4 : 2
        let bytes = inputs / 32 * (header + (storage == .int8 ? 32 : 16))
        precondition(
            storage.isQuantized && inputs % 32 == 0 && bytes > 0, "no blocks of \(storage) for \(inputs) inputs")
        self.init(empty: outputs, inputs: inputs, storage: storage)
        var first = 0
        for (part, blocks) in blocks.enumerated() {
            let rows = blocks.count / bytes
            precondition(
                rows * bytes == blocks.count && first + rows <= outputs,
                "\(blocks.count) bytes from row \(first) do not fit \(outputs) x \(inputs)")
            guard let base = blocks.baseAddress else { continue }
            for row in 0..<rows {
                let to = place(part, row)
                precondition(to >= 0 && to < rows, "row \(row) becomes row \(to) of \(rows)")
                mk_pack_blocks(base + row * bytes, first + to, inputs, storage.code, panels.pointer)
            }
            first += rows
        }
        precondition(first == outputs, "\(first) of \(outputs) rows given")
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
    ///
    /// `bfloat16` rounds dy too; the other storages multiply 32-bit floats.
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

/// Where rows are packed to. `@unchecked Sendable`: different rows touch different bytes, and the memory belongs to the
/// weight whose initialiser waits for all of them.
private struct Packing: @unchecked Sendable {
    let panels: UnsafeMutablePointer<Float>
    let inputs: Int
    let storage: Int32

    init(to panels: UnsafeMutablePointer<Float>, inputs: Int, storage: Int32) {
        self.panels = panels
        self.inputs = inputs
        self.storage = storage
    }

    func write(_ rows: UnsafePointer<Float>, first: Int, rows count: Int) {
        mk_pack(rows, first, count, inputs, storage, panels)
    }
}

/// Rows that several threads read. `@unchecked Sendable`: nobody writes them meanwhile.
private struct Rows: @unchecked Sendable {
    let base: UnsafePointer<Float>
}

extension Weight.Storage {
    var code: Int32 {
        switch self {
        case .float32: Int32(MK_F32)
        case .bfloat16: Int32(MK_BF16)
        case .float16: Int32(MK_F16)
        case .int8: Int32(MK_Q8_0)
        case .symmetric4: Int32(MK_Q4_0)
        case .affine4: Int32(MK_Q4_1)
        }
    }
}
