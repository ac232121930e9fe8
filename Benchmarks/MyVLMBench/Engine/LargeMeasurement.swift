import Compute
import Foundation
import Synchronization
import VLM

/// A LLaVA checkpoint of 1.5-7B's shape, loaded from its folder in int8. Run in a process of its own: its peak memory is
/// one of the figures.
struct LargeMeasurement {
    static let prefillTokens = 608
    static let decodeTokens = 8
    static let rounds = 3

    /// Made by Tools/random_llava.py; nil where it is missing.
    let directory: String?
    let picture: String

    func run(_ report: EngineReport) throws {
        guard let directory else {
            let reason = "no checkpoint: Tools/random_llava.py makes one"
            for metric in ["llava7b_prefill_floor_ratio", "llava7b_decode_floor_share", "llava7b_peak_gib"] {
                try report.figure(metric, nil, "x", missing: reason)
            }
            return
        }
        let shown = ShownShares()
        var loaded: (any FrozenVLM)?
        let seconds = try Timing.seconds {
            var options = LoadOptions(storage: .int8) { share in
                if shown.isNew(share) { Output.progress("loading the 7B shape: \(Int(share * 100)) %") }
            }
            options.readsBank = false
            loaded = try VLMLoader.load(directory: directory, options: options)
        }
        guard let llava = loaded as? ConversationModel else {
            throw BenchError("\(directory) is no LLaVA checkpoint: Tools/random_llava.py makes one")
        }
        try report.figure("llava7b_load_s", seconds, "s")
        let image = try RGBImage(decoding: [UInt8](try Data(contentsOf: URL(filePath: picture))))
        let seen = try Timing.seconds { _ = try llava.features(of: image) }
        try report.figure("llava7b_vision_s", seen, "s")
        try measure(llava.language.model, report)
        try report.figure("llava7b_peak_gib", peakMemory(), "GiB", missing: "the system does not tell")
    }

    /// Prefill and decoding, each beside the floor measured right before it.
    private func measure(_ model: LlamaModel, _ report: EngineReport) throws {
        let configuration = model.configuration
        let keyBytes = 2 * 4 * configuration.blocks * configuration.keyValueHeads * configuration.headSize
        let bytes = Double(model.weights.bytesPerToken + keyBytes * Self.prefillTokens)
        // Every block's matrices for each row, the head for the last one.
        let perToken = Double(
            model.weights.parameters - 2 * configuration.vocabularySize * configuration.hiddenSize)
        let rows = RandomLanguage.rows(Self.prefillTokens, configuration)
        var prefill: [Double] = []
        var prefillRatio: [Double] = []
        var decode: [Double] = []
        var decodeShare: [Double] = []
        for round in 0...Self.rounds {
            let floor = 2 * perToken * Double(Self.prefillTokens) / Ceiling.operations(.int8, rounds: 2)
            var state: LlamaSequence?
            let seconds = try Timing.seconds {
                state = try model.begin(rows, after: nil, capacity: Self.decodeTokens)
            }
            guard let state, round > 0 else { continue }  // the first one warms up
            prefill.append(seconds)
            prefillRatio.append(seconds / floor)
            for token in 0..<Self.decodeTokens {
                let bandwidth = Ceiling.bandwidth(rounds: 1)
                let step = try Timing.seconds { try model.step([state], tokens: [Int32(token)]) }
                decode.append(step)
                decodeShare.append(bytes / bandwidth / step)
            }
        }
        try report.figure("llava7b_prefill_s", Timing.median(prefill), "s")
        try report.figure("llava7b_prefill_floor_ratio", Timing.median(prefillRatio), "x")
        try report.figure("llava7b_decode_tok_s", Timing.median(decode).map { 1 / $0 }, "tok/s")
        try report.figure("llava7b_decode_floor_share", Timing.median(decodeShare), "share")
    }

    /// The most memory this process ever had, in GiB.
    private func peakMemory() -> Double? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(separator: " ").compactMap { Double($0) }.first.map { $0 / 1_048_576 }
    }
}

/// Which quarters of the way have been told.
private final class ShownShares: Sendable {
    private let next = Mutex(0.0)

    func isNew(_ share: Double) -> Bool {
        next.withLock { next in
            guard share >= next else { return false }
            next += 0.25
            return true
        }
    }
}
