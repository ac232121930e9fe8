import Compute
import VLM

/// SmolVLM in 8 bits, its vision side in bf16, beside llama.cpp on the same weights (Tools/gguf_smolvlm.py): pixel values to
/// the first token, a further token.
///
/// llama.cpp always cuts tiles, so its preprocessing is left out, and so is ours.
struct SmolVLMLlamaMeasurement {
    private static let asked = [("first_token", 1), ("decode", SmolVLMCaption.tokens)]

    let inputs: SmolVLMInputs
    private var shape: SmolVLMShape { inputs.shape }

    func run(_ report: EngineReport) throws {
        guard let directory = inputs.directory else {
            return try print(report, [:], [:], SmolVLMShape.missing)
        }
        Output.progress("SmolVLM-\(shape.rawValue) beside llama.cpp")
        let model = try SmolVLMShape.load(directory, storage: .int8)
        let image = try inputs.image()
        var (peer, reason) = inputs.peer("llama.cpp", "llama", directory)
        defer { peer?.end() }
        var ours: [String: [Double]] = [:]
        var theirs: [String: [Double]] = [:]
        for round in 0...inputs.rounds {
            let caption = try SmolVLMCaption.measured(model, image)
            if round > 0 {
                ours["first_token", default: []].append(caption.firstToken - caption.pixels)
                ours["decode", default: []].append(caption.decode)
            }
            for (operation, count) in Self.asked {
                do {
                    guard let seconds = try peer?.seconds(operation, count), round > 0 else { continue }
                    theirs[operation, default: []].append(seconds)
                } catch {
                    // A build without pictures is no reason not to measure the rest.
                    reason = "llama.cpp: \(error)"
                    theirs[operation] = nil
                    peer?.end()
                    peer = nil
                }
            }
        }
        try print(report, ours.compactMapValues(Timing.median), theirs.compactMapValues(Timing.median), reason)
    }

    private func print(
        _ report: EngineReport, _ ours: [String: Double], _ theirs: [String: Double], _ reason: String?
    ) throws {
        for (name, _) in Self.asked {
            try report.figure(
                "smolvlm_\(name)_ms_q8_0\(shape.suffix)", ours[name].map { $0 * 1000 }, "ms", missing: reason)
            try report.figure(
                "llama_cpp_smolvlm_\(name)_ms\(shape.suffix)", theirs[name].map { $0 * 1000 }, "ms", missing: reason)
            try report.ratio(
                "smolvlm_llamacpp_\(name)_ratio\(shape.suffix)", ours[name].map { 1 / $0 }, theirs[name].map { 1 / $0 },
                missing: reason)
        }
    }
}
