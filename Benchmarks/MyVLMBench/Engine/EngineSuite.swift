import Compute
import Foundation
import VLM

/// Everything of the engine suite that runs in one process, in order; definitions: Docs/performance.md.
struct EngineSuite {
    /// What may be asked for by itself.
    enum Part: String, CaseIterable {
        case gguf, step, pocket, large
        case blip2, blip2large
        case smolvlm
    }

    let parts: Set<Part>
    /// Of pocket.
    let modelDirectory: String
    /// Made by Tools/requantize_gguf.py: smollm2-135m-instruct.<name>.gguf; nil where it is missing.
    let files: String?
    /// A Python with the peers, nil where there is none.
    let python: String?
    let tools: String
    let picture: String
    let rounds: Int
    /// Also the 360M shape.
    let full: Bool
    /// A checkpoint of LLaVA-1.5-7B's shape (Tools/random_llava.py).
    let largeDirectory: String?
    /// Folder of SmolVLM checkpoints by their shape (Tools/random_smolvlm.py).
    let smolvlm: String?
    /// Folder of rendered photos (Demo/photos).
    let photos: String?

    func run() async throws {
        let report = EngineReport()
        try report.figure("threads", Double(Parallel.threads), "threads")
        if parts.contains(.large) {
            return try LargeMeasurement(directory: largeDirectory, picture: picture).run(report)
        }
        if parts.contains(.blip2large) { return try LargeBlip2Measurement().run(report) }
        if parts.contains(.blip2) { try blip2(report) }
        if parts.contains(.smolvlm) { try await smolVLM(report) }
        if parts.isSubset(of: [.blip2, .smolvlm]) { return }
        let bandwidth = Ceiling.bandwidth()
        try report.figure("bandwidth", bandwidth / 1e9, "GB/s")
        for storage in [Weight.Storage.float32, .bfloat16, .int8] {
            try report.figure("peak_\(storage.rawValue)", Ceiling.operations(storage) / 1e9, "Gop/s")
        }
        if parts.contains(.pocket) {
            try PocketMeasurement(directory: modelDirectory, picture: picture, rounds: rounds * 2).run(report)
        }
        if parts.contains(.gguf) { try gguf(report) }
        if parts.contains(.step) { try step(report) }
    }

    private func blip2(_ report: EngineReport) throws {
        for shape in [RandomBlip2.Shape.opt125m, .opt350m] {
            try Blip2Measurement(shape: shape, python: python, tools: tools, rounds: max(2, rounds / 2)).run(report)
        }
    }

    private func smolVLM(_ report: EngineReport) async throws {
        for shape in SmolVLMShape.allCases {
            let inputs = SmolVLMInputs(
                shape: shape, directory: shape.directory(below: smolvlm), python: python, tools: tools,
                picture: picture,
                rounds: max(2, rounds / 2))
            try SmolVLMMeasurement(inputs: inputs).run(report)
            try SmolVLMLlamaMeasurement(inputs: inputs).run(report)
        }
        try await SmolVLMEnrollment(directory: SmolVLMShape.small.directory(below: smolvlm), photos: photos).run(report)
    }

    private func gguf(_ report: EngineReport) throws {
        let cases: [(name: String, storage: Weight.Storage)] = [
            ("q4_1", .affine4), ("q8_0", .int8), ("bf16", .bfloat16),
        ]
        for (name, storage) in cases {
            let own = modelDirectory + "/smollm2-135m-instruct.q4_1.gguf"
            let file = name == "q4_1" ? own : files.map { $0 + "/smollm2-135m-instruct.\(name).gguf" }
            guard let file, FileManager.default.fileExists(atPath: file) else {
                for metric in ["decode_ratio_\(name)", "prefill_ratio_\(name)"] {
                    try report.figure(
                        metric, nil, "x", missing: "no file in \(name): Tools/requantize_gguf.py makes it")
                }
                continue
            }
            Output.progress("\(name) beside llama.cpp")
            let (peer, reason) = start(["llama", file, "\(Parallel.threads)"])
            defer { peer?.end() }
            try GGUFMeasurement(
                name: name, storage: storage, file: file, peer: peer, reason: reason, rounds: rounds
            ).run(report)
        }
    }

    private func step(_ report: EngineReport) throws {
        for shape in full ? [RandomLanguage.Shape.small, .medium] : [.small] {
            Output.progress("training steps of the \(shape.rawValue) shape beside PyTorch")
            let model = LlamaModel(weights: try RandomLanguage.weights(shape, storage: .bfloat16))
            var peers: [(format: String, peer: EnginePeer)] = []
            var missing: String?
            for format in ["bf16", "fp32"] {
                let (peer, reason) = start(["torch", shape.rawValue, "\(Parallel.threads)", format])
                missing = missing ?? reason
                if let peer { peers.append((format, peer)) }
            }
            defer { for (_, peer) in peers { peer.end() } }
            for tokens in [196, 576] {
                try StepMeasurement(
                    shape: shape, imageTokens: tokens, peers: peers, reason: missing, rounds: max(2, rounds / 2)
                ).run(report, model: model)
            }
        }
    }

    /// A peer, or why there is none.
    private func start(_ arguments: [String]) -> (EnginePeer?, String?) {
        EnginePeer.started(
            arguments[0], python: python, script: tools + "/bench_peers.py", arguments: arguments)
    }
}
