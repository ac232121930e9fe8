internal import Foundation

/// How many numbers the weights of a model hold, read from the headers of its safetensors.
package struct WeightCensus: Sendable, Equatable {
    /// Of the language model.
    package private(set) var language = 0
    /// Of everything before it: the vision tower and what joins the two, which 8 and 4 bits leave in bf16.
    package private(set) var vision = 0
    /// Bytes as they are stored.
    package private(set) var storedBytes = 0

    /// The largest header that is fetched to know this.
    package static let headerLimit = 16 << 20

    package init() {}

    private struct Tensor: Decodable {
        let dtype: String?
        let shape: [Int]?
    }

    /// How long a file's header is, by its first 8 bytes; nil where they are no beginning of such a file.
    package static func headerLength(_ start: [UInt8]) -> Int? {
        guard start.count >= 8 else { return nil }
        let length = start[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return (2...UInt64(headerLimit)).contains(length) ? Int(length) : nil
    }

    /// Adds the tensors of a header without its length; false for what is no header.
    package mutating func add(header: [UInt8]) -> Bool {
        guard let tensors = try? JSONDecoder().decode([String: Tensor].self, from: Data(header)) else { return false }
        var sum = self
        for (name, tensor) in tensors {
            guard let shape = tensor.shape, let width = tensor.dtype.flatMap({ Self.widths[$0] }) else { continue }
            var count = 1
            for side in shape {
                let (product, overflow) = count.multipliedReportingOverflow(by: side)
                guard !overflow, product >= 0, product <= 1 << 48 else { return false }
                count = product
            }
            if Self.isVision(name) { sum.vision += count } else { sum.language += count }
            sum.storedBytes += count * width
        }
        self = sum
        return true
    }

    /// All numbers.
    package var parameters: Int { language + vision }

    /// Number formats of `--dtype` with the bytes that weights take in memory; keys and values, pictures and users
    /// come on top. Blocks of 32 numbers carry scales: 34 bytes in 8 bits, 20 in 4.
    package var memory: [(dtype: String, bytes: Int)] {
        [
            ("f32", 4 * parameters), ("bf16", 2 * parameters), ("int8", language * 34 / 32 + 2 * vision),
            ("q4", language * 20 / 32 + 2 * vision),
        ]
    }

    /// What the weights take in memory in a number format as users write it; nil: as they are stored.
    package func bytes(dtype: String?) -> Int {
        switch dtype?.lowercased() {
        case "f32": 4 * parameters
        case "bf16", "f16": 2 * parameters
        case "int8", "q8_0": language * 34 / 32 + 2 * vision
        case "q4", "q4_0", "q4_1": language * 20 / 32 + 2 * vision
        default: storedBytes
        }
    }

    private static let widths = [
        "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I64": 8, "I32": 4, "I16": 2, "I8": 1,
        "U8": 1, "BOOL": 1,
    ]

    private static func isVision(_ name: String) -> Bool {
        [
            "vision", "visual", "connector", "projector", "qformer", "query_tokens", "language_projection",
            "image_newline",
        ]
        .contains { name.contains($0) }
    }
}
