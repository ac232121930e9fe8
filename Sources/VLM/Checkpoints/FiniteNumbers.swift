internal import Compute

/// Whether numbers of a checkpoint are numbers. One that is not makes everything behind it NaN, and a model that
/// answers with its first token for ever.
enum FiniteNumbers {
    /// Whether all magnitudes are at most `limit`, in one pass over bit patterns: those of NaN and infinity are the largest.
    static func hold(_ values: UnsafePointer<Float>, count: Int, limit: Float = .greatestFiniteMagnitude) -> Bool {
        values.withMemoryRebound(to: UInt32.self, capacity: max(count, 1)) { bits in
            var largest: UInt32 = 0
            for index in 0..<count { largest = max(largest, bits[index] & 0x7fff_ffff) }
            return largest <= limit.bitPattern
        }
    }

    /// Throws `checkpointMalformed` naming the tensor.
    static func check(
        _ values: UnsafePointer<Float>, count: Int, limit: Float = .greatestFiniteMagnitude, tensor: String,
        file: String
    ) throws {
        guard !hold(values, count: count, limit: limit) else { return }
        guard !hold(values, count: count) else {
            throw VLMError(
                .unsupported,
                "\(file): tensor \(tensor) holds numbers beyond \(limit), which the number format does not have: load the "
                    + "model with --dtype bf16")
        }
        throw VLMError(
            .checkpointMalformed,
            "\(file): tensor \(tensor) holds numbers that are not finite (NaN or infinite): the file is damaged, or its "
                + "training failed; fetch it again or use another checkpoint")
    }

    static func check(
        _ values: [Float], limit: Float = .greatestFiniteMagnitude, tensor: String, file: String
    ) throws {
        try values.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            try check(base, count: buffer.count, limit: limit, tensor: tensor, file: file)
        }
    }
}

extension Weight.Storage {
    /// The largest magnitude it keeps: 16-bit floats, and scales that are such, end early.
    var largest: Float {
        switch self {
        case .float32, .bfloat16: .greatestFiniteMagnitude
        case .float16, .int8, .symmetric4, .affine4: Float(Float16.greatestFiniteMagnitude)
        }
    }
}
