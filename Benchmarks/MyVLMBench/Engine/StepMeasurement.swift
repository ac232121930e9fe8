import Compute
import VLM

/// A step of embedding training on a LLaVA-shaped sequence: ours with the picture's keys and values kept, PyTorch's in
/// MyVLM's own form (everything again each step) and with the same prefix kept.
struct StepMeasurement {
    /// Rows of the concept, tokens of the prompt, tokens of the target.
    static let conceptRows = 1
    static let promptTokens = 12
    static let targetTokens = 16

    let shape: RandomLanguage.Shape
    let imageTokens: Int
    /// By number format, "bf16" and "fp32".
    let peers: [(format: String, peer: EnginePeer)]
    let reason: String?
    let rounds: Int

    func run(_ report: EngineReport, model: LlamaModel) throws {
        let configuration = model.configuration
        let picture = RandomLanguage.rows(imageTokens, configuration)
        let prompt = (0..<Self.promptTokens).map { Int32(10 + $0) }
        let target = (0..<Self.targetTokens).map { Int32(100 + $0) }
        let concept = RandomLanguage.rows(Self.conceptRows, configuration, seed: 9)
        let operations = ["prefill", "decode", "train_full", "train_cached"]
        var ours: [String: [Double]] = [:]
        var theirs: [String: [Double]] = [:]
        for round in 0...rounds {
            var prefix: KeyValuePrefix?
            let prefill = try Timing.seconds { prefix = try model.prefix(of: picture) }
            let sequence = try model.begin(try model.embeddings(of: prompt), after: prefix, capacity: 16)
            let decode = try Timing.seconds {
                for token in 0..<16 { try model.step([sequence], tokens: [Int32(token + 5)]) }
            }
            guard let prefix else { continue }
            let sample = LlamaTrainingSample(prefix: prefix, conceptNorm: 1, prompt: prompt, target: target)
            let step = try Timing.seconds {
                _ = try model.loss(
                    of: [sample], concept: concept, regularizer: AttentionRegularizer(weight: 0, direction: .row))
            }
            if round > 0 {
                for (name, value) in [("prefill", prefill), ("decode", decode / 16), ("train_cached", step)] {
                    ours[name, default: []].append(value)
                }
            }
            for (format, peer) in peers {
                for operation in operations {
                    let seconds = try peer.seconds(operation, imageTokens)
                    if round > 0 { theirs["\(format)_\(operation)", default: []].append(seconds) }
                }
            }
        }
        let suffix = "\(shape.rawValue)_\(imageTokens)"
        for name in ["prefill", "decode", "train_cached"] {
            try report.figure("\(name)_ms_\(suffix)", ours[name].flatMap(Timing.median).map { $0 * 1000 }, "ms")
        }
        for (format, _) in peers {
            for operation in operations {
                let seconds = theirs["\(format)_\(operation)"].flatMap(Timing.median)
                try report.figure("torch_\(format)_\(operation)_ms_\(suffix)", seconds.map { $0 * 1000 }, "ms")
            }
        }
        // The faster of PyTorch's two formats is the one to beat.
        let full = peers.compactMap { theirs["\($0.format)_train_full"].flatMap(Timing.median) }.min()
        let own = ours["train_cached"].flatMap(Timing.median)
        let metric = shape == .small ? "train_step_ratio_\(imageTokens)" : "train_step_ratio_\(suffix)"
        try report.ratio(metric, own.map { 1 / $0 }, full.map { 1 / $0 }, missing: reason)
    }
}
