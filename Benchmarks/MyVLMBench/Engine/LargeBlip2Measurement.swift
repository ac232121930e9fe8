import Compute
import VLM

/// BLIP-2 OPT-2.7B's shape in int8 (tower and Q-Former in bf16): a caption beside what the machine gives at most.
struct LargeBlip2Measurement {
    static let captionTokens = 16

    func run(_ report: EngineReport) throws {
        let bandwidth = Ceiling.bandwidth()
        let bytes = Ceiling.operations(.int8)
        let halves = Ceiling.operations(.bfloat16)
        Output.progress("packing the shape of BLIP-2 OPT-2.7B")
        var loaded: Blip2Model?
        let seconds = try Timing.seconds { loaded = try RandomBlip2.model(.opt2700m, storage: .int8) }
        guard let model = loaded else { return }
        try report.figure("blip2_opt2700m_load_s", seconds, "s")
        var caption: [Double] = []
        var first: [Double] = []
        for round in 0...2 {
            let clock = ContinuousClock()
            let start = clock.now
            let state = try model.begin(
                prefix: model.prefix(for: model.features(of: RandomBlip2.picture)), concepts: [], prompt: [2],
                capacity: Self.captionTokens)
            let begun = (clock.now - start) / .seconds(1)
            for _ in 1..<Self.captionTokens { try model.step([state], tokens: [Sampler.greedy(state.logits)]) }
            let all = (clock.now - start) / .seconds(1)
            if round > 0 {
                first.append(begun)
                caption.append(all)
            }
        }
        // Two operations for each weight and row: the tower's 257 rows, the 32 queries, 33 rows of the prompt; then every
        // further word reads all of the decoder.
        let work = model.work
        let floor =
            2 * Double(work.towerWeights) * 257 / halves + 2 * Double(work.readerWeights) * 32 / halves
            + 2 * Double(work.pictureWeights) * 257 / halves
            + max(2 * Double(work.decoderWeights) * 33 / bytes, Double(model.language.bytesPerToken) / bandwidth)
            + Double(Self.captionTokens - 1) * Double(model.language.bytesPerToken) / bandwidth
        try report.figure("blip2_opt2700m_first_token_ms", Timing.median(first).map { $0 * 1000 }, "ms")
        try report.figure("blip2_opt2700m_caption_ms", Timing.median(caption).map { $0 * 1000 }, "ms")
        try report.figure("blip2_opt2700m_floor_ms", floor * 1000, "ms")
        try report.figure("blip2_opt2700m_floor_ratio", Timing.median(caption).map { $0 / floor }, "x")
    }
}
