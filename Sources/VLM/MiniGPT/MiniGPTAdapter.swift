internal import Compute

/// What MiniGPT-v2 adds to Llama-2: low-rank factors of some of its maps, from the pickle that also has the projection.
struct MiniGPTAdapter {
    /// A tensor that every such file has.
    static let projection = "llama_proj.weight"
    /// The published `lora_alpha`: a product is added alpha / rank times.
    private static let alpha: Float = 16
    private static let decoder = "llama_model.base_model.model."

    private let tensors: PickledTensors

    init(_ tensors: PickledTensors) { self.tensors = tensors }

    /// The factors of a map of the decoder, by its name there; nil where it has none. Both spellings of the library that
    /// wrote them are read.
    func factors(of name: String, shape: [Int]) throws -> LowRankFactors? {
        let map = Self.decoder + (name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name)
        guard let part = ["", ".default"].first(where: { tensors.contains("\(map).lora_A\($0).weight") }) else {
            return nil
        }
        let (a, b) = ("\(map).lora_A\(part).weight", "\(map).lora_B\(part).weight")
        let rank = try tensors.shape(a, dimensions: 2)[0]
        return try LowRankFactors(
            a: Matrix(rows: rank, columns: shape[1], values: try tensors.floats(a, [rank, shape[1]])),
            b: Matrix(rows: shape[0], columns: rank, values: try tensors.floats(b, [shape[0], rank])),
            scale: Self.alpha / Float(rank))
    }

    /// Throws `checkpointMalformed` where the file has no factors at all, or some of maps that are not among those `used`: it
    /// would be another model that answers.
    func check(used: Set<String>, folder: String) throws {
        let stored = Set(
            tensors.names.compactMap { name -> String? in
                guard let end = name.firstRange(of: ".lora_A")?.lowerBound else { return nil }
                return String(name[..<end]).replacing(Self.decoder, with: "") + ".weight"
            })
        guard !stored.isEmpty else {
            throw VLMError(
                .checkpointMalformed,
                "\(tensors.file) has no low-rank factors (lora_A, lora_B): it is no checkpoint of MiniGPT-v2")
        }
        if let unknown = stored.subtracting(used).min() {
            throw VLMError(
                .checkpointMalformed,
                "\(tensors.file) has low-rank factors of \(unknown), which the Llama-2 in \(folder) lacks: the files are of "
                    + "different models")
        }
    }
}
