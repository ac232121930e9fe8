import Foundation
import VLM

/// pocket from a decoded picture to words: vision, prefix, prompt, then tokens one by one.
struct PocketMeasurement {
    let directory: String
    let picture: String
    let rounds: Int

    func run(_ report: EngineReport) throws {
        let model = try VLMLoader.load(directory: directory)
        let image = try RGBImage(decoding: [UInt8](try Data(contentsOf: URL(filePath: picture))))
        let prompt = try model.promptTokens(for: .caption(names: []))
        var first: [Double] = []
        var caption: [Double] = []
        for round in 0...rounds {
            let clock = ContinuousClock()
            let start = clock.now
            let state = try model.begin(
                prefix: model.prefix(for: model.features(of: image)), concepts: [], prompt: prompt, capacity: 20)
            var token = Sampler.greedy(state.logits)
            let firstSeconds = (clock.now - start) / .seconds(1)
            // Twenty tokens whatever they are: a stop token would make captions of different lengths.
            for _ in 1..<20 {
                try model.step([state], tokens: [token])
                token = Sampler.greedy(state.logits)
            }
            if round == 0 { continue }
            first.append(firstSeconds)
            caption.append((clock.now - start) / .seconds(1))
        }
        try report.figure("first_token_ms", Timing.median(first).map { $0 * 1000 }, "ms")
        try report.figure("caption20_ms", Timing.median(caption).map { $0 * 1000 }, "ms")
    }
}
