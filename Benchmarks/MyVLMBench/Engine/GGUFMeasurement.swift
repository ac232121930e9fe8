import Compute
import VLM

/// Our decoder and llama.cpp on the same file: 512 tokens of prefill, 128 of decoding, in turn.
struct GGUFMeasurement {
    static let prefillTokens = 512
    static let decodeTokens = 128

    let name: String
    let storage: Weight.Storage
    let file: String
    let peer: EnginePeer?
    let reason: String?
    let rounds: Int

    struct Result {
        var prefill: [Double] = []
        var decode: [Double] = []
        var peerPrefill: [Double] = []
        var peerDecode: [Double] = []
        /// Of each round: bytes a second measured right before decoding.
        var bandwidth: [Double] = []
        var bytesPerToken = 0
    }

    func run(_ report: EngineReport) throws {
        let weights = try PocketLanguage.weights(
            gguf: GGUFFile(contentsOf: file), factors: nil, scale: 0, storage: storage)
        let model = LlamaModel(weights: weights)
        var result = Result()
        let configuration = model.configuration
        let keyBytes = 2 * 4 * configuration.blocks * configuration.keyValueHeads * configuration.headSize
        result.bytesPerToken = weights.bytesPerToken + keyBytes * (Self.decodeTokens / 2)
        for round in 0...rounds {
            let ours = try measure(model)
            let prefill = try peer?.seconds("prefill", Self.prefillTokens)
            let decode = try peer?.seconds("decode", Self.decodeTokens)
            if round == 0 { continue }  // warms both
            result.prefill.append(ours.prefill)
            result.decode.append(ours.decode)
            result.bandwidth.append(ours.bandwidth)
            if let prefill, let decode {
                result.peerPrefill.append(prefill)
                result.peerDecode.append(decode)
            }
        }
        try print(result, report)
    }

    private func measure(_ model: LlamaModel) throws -> (prefill: Double, decode: Double, bandwidth: Double) {
        let tokens = (0..<Self.prefillTokens).map { Int32(100 + $0 % 1000) }
        let prefill = try Timing.seconds {
            _ = try model.begin(try model.embeddings(of: tokens), after: nil, capacity: 0)
        }
        let sequence = try model.begin(try model.embeddings(of: [1]), after: nil, capacity: Self.decodeTokens)
        // What a shared machine's memory gives changes within seconds.
        let bandwidth = Ceiling.bandwidth(rounds: 2)
        let decode = try Timing.seconds {
            for token in tokens.prefix(Self.decodeTokens) { try model.step([sequence], tokens: [token]) }
        }
        return (prefill, decode, bandwidth)
    }

    private func print(_ result: Result, _ report: EngineReport) throws {
        func rate(_ count: Int, _ seconds: [Double]) -> Double? {
            Timing.median(seconds).map { Double(count) / $0 }
        }
        let prefill = rate(Self.prefillTokens, result.prefill)
        let decode = rate(Self.decodeTokens, result.decode)
        let peerPrefill = rate(Self.prefillTokens, result.peerPrefill)
        let peerDecode = rate(Self.decodeTokens, result.peerDecode)
        try report.figure("prefill_\(name)", prefill, "tok/s")
        try report.figure("decode_\(name)", decode, "tok/s")
        try report.figure("llama_cpp_prefill_\(name)", peerPrefill, "tok/s", missing: reason)
        try report.figure("llama_cpp_decode_\(name)", peerDecode, "tok/s", missing: reason)
        try report.ratio("prefill_ratio_\(name)", prefill, peerPrefill, missing: reason)
        try report.ratio("decode_ratio_\(name)", decode, peerDecode, missing: reason)
        let shares = zip(result.decode, result.bandwidth).map { seconds, bandwidth in
            Double(Self.decodeTokens * result.bytesPerToken) / bandwidth / seconds
        }
        try report.figure("bandwidth_\(name)", Timing.median(result.bandwidth).map { $0 / 1e9 }, "GB/s")
        try report.figure("decode_floor_share_\(name)", Timing.median(shares), "share")
    }
}
