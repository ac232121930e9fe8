import Compute
import Foundation
import VLM

/// A language model of LLaVA-1.5-7B's shape in int8. Run in a process of its own: its peak memory is one of the figures.
struct LargeMeasurement {
    static let prefillTokens = 608
    static let decodeTokens = 8

    func run(_ report: EngineReport) throws {
        let bandwidth = Ceiling.bandwidth()
        let operations = Ceiling.operations(.int8)
        try report.figure("llava7b_bandwidth", bandwidth / 1e9, "GB/s")
        try report.figure("llava7b_int8_peak", operations / 1e9, "Gop/s")
        var loaded: LlamaWeights?
        let seconds = try Timing.seconds {
            var shown = 0.0
            loaded = try RandomLanguage.weights(.large, storage: .int8) { share in
                if share >= shown {
                    Output.progress("packing the 7B shape: \(Int(share * 100)) %")
                    shown += 0.25
                }
            }
        }
        guard let weights = loaded else { return }
        try report.figure("llava7b_load_s", seconds, "s")
        let model = LlamaModel(weights: weights)
        let configuration = model.configuration
        let rows = RandomLanguage.rows(Self.prefillTokens, configuration)
        let sequence = try model.begin(
            RandomLanguage.rows(1, configuration), after: nil, capacity: 1)
        try model.step([sequence], tokens: [1])

        var prefill: [Double] = []
        var decode: [Double] = []
        for _ in 0..<2 {
            var state: LlamaSequence?
            prefill.append(
                try Timing.seconds { state = try model.begin(rows, after: nil, capacity: Self.decodeTokens) })
            guard let state else { continue }
            for token in 0..<Self.decodeTokens {
                decode.append(try Timing.seconds { try model.step([state], tokens: [Int32(token)]) })
            }
        }
        // Every block's matrices for each row, the head for the last one.
        let perToken = Double(weights.parameters - 2 * configuration.vocabularySize * configuration.hiddenSize)
        let floor = 2 * perToken * Double(Self.prefillTokens) / operations
        let keyBytes = 2 * 4 * configuration.blocks * configuration.keyValueHeads * configuration.headSize
        let bytes = weights.bytesPerToken + keyBytes * Self.prefillTokens
        let best = Timing.median(prefill)
        let step = Timing.median(decode)
        try report.figure("llava7b_prefill_s", best, "s")
        try report.figure("llava7b_prefill_floor_ratio", best.map { $0 / floor }, "x")
        try report.figure("llava7b_decode_tok_s", step.map { 1 / $0 }, "tok/s")
        try report.figure("llava7b_decode_floor_share", step.map { Double(bytes) / bandwidth / $0 }, "share")
        try report.figure("llava7b_peak_gib", peakMemory(), "GiB", missing: "the system does not tell")
    }

    /// The most memory this process ever had, in GiB.
    private func peakMemory() -> Double? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").compactMap { Double($0) }.first.map { $0 / 1_048_576 }
    }
}
