/// Storage types of GGUF tensors and how their blocks become floats.
///
/// Layouts as in ggml: 32 elements a block, low nibbles first half, high nibbles second half.
enum GGUFElement: UInt32, Sendable {
    case f32 = 0
    case f16 = 1
    case q4_0 = 2
    case q4_1 = 3
    case q8_0 = 8
    case bf16 = 30

    /// Elements in a block.
    var blockLength: Int {
        switch self {
        case .f32, .f16, .bf16: 1
        case .q4_0, .q4_1, .q8_0: 32
        }
    }

    /// Bytes of a block.
    var blockBytes: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .q4_0: 2 + 16
        case .q4_1: 4 + 16
        case .q8_0: 2 + 32
        }
    }

    /// `count` elements as floats; the caller has checked that the bytes are there.
    func floats(_ bytes: UnsafeRawBufferPointer, count: Int) -> [Float] {
        switch self {
        case .f32: return ElementCoding.floats(bytes, count: count, type: .f32) ?? []
        case .f16: return ElementCoding.floats(bytes, count: count, type: .f16) ?? []
        case .bf16: return ElementCoding.floats(bytes, count: count, type: .bf16) ?? []
        case .q4_0, .q4_1, .q8_0: break
        }
        return [Float](unsafeUninitializedCapacity: count) { output, initialized in
            for block in 0..<count / 32 {
                let source = UnsafeRawBufferPointer(rebasing: bytes[block * blockBytes..<(block + 1) * blockBytes])
                decodeBlock(source, into: UnsafeMutableBufferPointer(rebasing: output[block * 32..<block * 32 + 32]))
            }
            initialized = count
        }
    }

    /// Whether all scales, and minima where blocks have them, are finite 16-bit floats; true for types without blocks.
    func areScalesFinite(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let heads = self == .q4_1 ? [0, 2] : [0]
        guard blockLength > 1 else { return true }
        var largest: UInt16 = 0
        for block in stride(from: 0, to: bytes.count - blockBytes + 1, by: blockBytes) {
            for head in heads {
                largest = max(largest, bytes.loadUnaligned(fromByteOffset: block + head, as: UInt16.self) & 0x7fff)
            }
        }
        return largest < 0x7c00
    }

    private func decodeBlock(_ source: UnsafeRawBufferPointer, into output: UnsafeMutableBufferPointer<Float>) {
        let scale = Float(Float16(bitPattern: source.loadUnaligned(as: UInt16.self)))
        switch self {
        case .q8_0:
            for index in 0..<32 { output[index] = scale * Float(Int8(bitPattern: source[2 + index])) }
        case .q4_0:
            for index in 0..<16 {
                let pair = source[2 + index]
                output[index] = scale * Float(Int(pair & 15) - 8)
                output[index + 16] = scale * Float(Int(pair >> 4) - 8)
            }
        case .q4_1:
            let minimum = Float(Float16(bitPattern: source.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            for index in 0..<16 {
                let pair = source[4 + index]
                output[index] = scale * Float(pair & 15) + minimum
                output[index + 16] = scale * Float(pair >> 4) + minimum
            }
        case .f32, .f16, .bf16: break
        }
    }
}
