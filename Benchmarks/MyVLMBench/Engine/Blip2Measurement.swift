import Compute
import Foundation
import VLM

/// BLIP-2 beside transformers: a caption from pixels to words, and a step of a concept's training.
///
/// Our step has the vision passes of its views behind it, as an enrollment has: `EngineSuite.Part.blip2` counts their share.
struct Blip2Measurement {
    static let captionTokens = 20
    static let promptTokens = 1
    static let targetTokens = 12
    /// Photos of a step.
    static let samples = 4
    /// Vision passes of an enrollment (four views and one held back of each photo) over its steps.
    static let passesPerStep = 20.0 / 100

    let shape: RandomBlip2.Shape
    let python: String?
    let tools: String
    let rounds: Int

    func run(_ report: EngineReport) throws {
        Output.progress("BLIP-2 with \(shape.rawValue) beside transformers")
        let model = try RandomBlip2.model(shape, storage: .bfloat16)
        let target = (0..<Self.targetTokens).map { Int32(100 + $0) }
        let prompt: [Int32] = [2]
        var prefixes: [any ImagePrefix] = []
        for _ in 0..<Self.samples { prefixes.append(try model.prefix(for: model.features(of: RandomBlip2.picture))) }
        let samples = prefixes.map { TrainingSample(prefix: $0, prompt: prompt, target: target) }
        let concept = Matrix(
            rows: 1, columns: model.identity.hiddenSize,
            values: (0..<model.identity.hiddenSize).map { Float($0 % 13) - 5.5 })

        let (peer, reason) = start()
        defer { peer?.end() }
        var ours: [String: [Double]] = [:]
        var theirs: [String: [Double]] = [:]
        for round in 0...rounds {
            var measured: [String: Double] = [:]
            measured["caption"] = try Timing.seconds { try caption(model, prompt: prompt) }
            measured["vision"] = try Timing.seconds {
                _ = try model.prefix(for: model.features(of: RandomBlip2.picture))
            }
            measured["train_step"] = try Timing.seconds {
                _ = try model.loss(
                    of: samples, concept: concept,
                    regularizer: AttentionRegularizer(weight: 0.04, direction: .column))
            }
            if round > 0 { for (name, value) in measured { ours[name, default: []].append(value) } }
            for operation in ["caption", "train_full", "train_cached"] {
                let count = operation == "caption" ? Self.captionTokens : Self.samples
                guard let seconds = try peer?.seconds(operation, count), round > 0 else { continue }
                theirs[operation, default: []].append(seconds)
            }
        }
        try print(report, ours.compactMapValues(Timing.median), theirs.compactMapValues(Timing.median), reason)
    }

    private func print(
        _ report: EngineReport, _ ours: [String: Double], _ theirs: [String: Double], _ reason: String?
    ) throws {
        let suffix = shape == .opt125m ? "" : "_\(shape.rawValue)"
        for name in ["caption", "vision", "train_step"] {
            try report.figure("blip2_\(name)_ms\(suffix)", ours[name].map { $0 * 1000 }, "ms")
        }
        for name in ["caption", "train_full", "train_cached"] {
            try report.figure(
                "torch_bf16_blip2_\(name)_ms\(suffix)", theirs[name].map { $0 * 1000 }, "ms", missing: reason)
        }
        func rate(_ seconds: Double?) -> Double? { seconds.map { 1 / $0 } }
        let step = ours["train_step"].map { $0 + Self.passesPerStep * (ours["vision"] ?? 0) }
        try report.ratio(
            "blip2_caption_ratio\(suffix)", rate(ours["caption"]), rate(theirs["caption"]), missing: reason)
        try report.ratio("blip2_train_step_ratio\(suffix)", rate(step), rate(theirs["train_full"]), missing: reason)
        try report.ratio(
            "blip2_train_step_cached_ratio\(suffix)", rate(ours["train_step"]), rate(theirs["train_cached"]),
            missing: reason)
    }

    /// A picture to words, greedily, whatever they are.
    private func caption(_ model: Blip2Model, prompt: [Int32]) throws {
        let state = try model.begin(
            prefix: model.prefix(for: model.features(of: RandomBlip2.picture)), concepts: [], prompt: prompt,
            capacity: Self.captionTokens)
        for _ in 1..<Self.captionTokens { try model.step([state], tokens: [Sampler.greedy(state.logits)]) }
    }

    private func start() -> (EnginePeer?, String?) {
        EnginePeer.started(
            "transformers", python: python, script: tools + "/bench_blip2.py",
            arguments: [shape.rawValue, "\(Parallel.threads)"])
    }
}
