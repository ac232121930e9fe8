import Compute
import VLM

/// SmolVLM beside transformers on one checkpoint: a picture to the first token, a token, a caption, a step of a concept's
/// training.
///
/// Our step has the vision passes of its views behind it, as an enrollment has (`Blip2Measurement.passesPerStep`).
struct SmolVLMMeasurement {
    static let targetTokens = 12
    /// Photos of a step.
    static let samples = 4
    /// What the peer is asked, and how many of it.
    private static let asked = [
        ("first_token", 1), ("decode", SmolVLMCaption.tokens), ("caption", SmolVLMCaption.tokens),
        ("train_full", samples), ("train_cached", samples),
    ]

    let inputs: SmolVLMInputs
    private var shape: SmolVLMShape { inputs.shape }

    func run(_ report: EngineReport) throws {
        guard let directory = inputs.directory else {
            for name in ["first_token", "decode", "caption", "train_step"] {
                try report.figure("smolvlm_\(name)_ratio\(shape.suffix)", nil, "x", missing: SmolVLMShape.missing)
            }
            return
        }
        Output.progress("SmolVLM-\(shape.rawValue) beside transformers")
        let model = try SmolVLMShape.load(directory, storage: .bfloat16)
        let image = try inputs.image()
        let (peer, reason) = inputs.peer("transformers", "torch", directory)
        defer { peer?.end() }
        let bits = try peer?.seconds("bits", 1)
        var ours: [String: [Double]] = [:]
        var theirs: [String: [Double]] = [:]
        for round in 0...inputs.rounds {
            let measured = try measure(model, image)
            if round > 0 { for (name, value) in measured { ours[name, default: []].append(value) } }
            for (operation, count) in Self.asked {
                guard let seconds = try peer?.seconds(operation, count), round > 0 else { continue }
                theirs[operation, default: []].append(seconds)
            }
        }
        try report.figure("torch_smolvlm_bits\(shape.suffix)", bits, "bits", missing: reason)
        try print(report, ours.compactMapValues(Timing.median), theirs.compactMapValues(Timing.median), reason)
    }

    /// One round of ours.
    private func measure(_ model: ConversationModel, _ image: RGBImage) throws -> [String: Double] {
        let caption = try SmolVLMCaption.measured(model, image)
        var prefix: (any ImagePrefix)?
        let vision = try Timing.seconds { prefix = try model.prefix(for: model.features(of: image)) }
        guard let prefix else { return [:] }
        let sample = TrainingSample(
            prefix: prefix, prompt: try model.promptTokens(for: .caption(names: [])),
            target: (0..<Self.targetTokens).map { Int32(100 + $0) })
        let concept = Matrix(
            rows: 1, columns: model.identity.hiddenSize,
            values: (0..<model.identity.hiddenSize).map { Float($0 % 13) - 5.5 })
        let step = try Timing.seconds {
            _ = try model.loss(
                of: [TrainingSample](repeating: sample, count: Self.samples), concept: concept,
                regularizer: AttentionRegularizer(
                    weight: model.trainingDefaults.regularizerWeight, direction: model.regularizerDirection))
        }
        return [
            "pixels": caption.pixels, "first_token": caption.firstToken, "decode": caption.decode,
            "caption": caption.all, "vision": vision, "train_step": step,
        ]
    }

    private func print(
        _ report: EngineReport, _ ours: [String: Double], _ theirs: [String: Double], _ reason: String?
    ) throws {
        for name in ["pixels", "first_token", "decode", "caption", "vision", "train_step"] {
            try report.figure("smolvlm_\(name)_ms\(shape.suffix)", ours[name].map { $0 * 1000 }, "ms")
        }
        for (name, _) in Self.asked {
            try report.figure(
                "torch_smolvlm_\(name)_ms\(shape.suffix)", theirs[name].map { $0 * 1000 }, "ms", missing: reason)
        }
        func rate(_ seconds: Double?) -> Double? { seconds.map { 1 / $0 } }
        for name in ["first_token", "decode", "caption"] {
            try report.ratio(
                "smolvlm_\(name)_ratio\(shape.suffix)", rate(ours[name]), rate(theirs[name]), missing: reason)
        }
        let step = ours["train_step"].map { $0 + Blip2Measurement.passesPerStep * (ours["vision"] ?? 0) }
        try report.ratio(
            "smolvlm_train_step_ratio\(shape.suffix)", rate(step), rate(theirs["train_full"]), missing: reason)
        try report.ratio(
            "smolvlm_train_step_cached_ratio\(shape.suffix)", rate(ours["train_step"]), rate(theirs["train_cached"]),
            missing: reason)
    }
}
