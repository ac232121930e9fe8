import ArgumentParser
import Evaluation
import Foundation

/// Definitions: Docs/performance.md.
struct Engine: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Speed of the engine beside other engines and beside what the machine gives at most.",
        discussion: "Scripts/bench engine installs the peers, makes the files and calls this for all parts.")

    @Option(help: "Model directory of pocket.") var model: String = EvaluationOptions.standardModel()
    @Option(help: "Folder of the GGUF files of Tools/requantize_gguf.py.") var files: String?
    @Option(help: "Python with the peers (llama_cpp, torch, transformers).") var python: String?
    @Option(help: "Folder of bench_peers.py.") var tools: String = "Tools"
    @Option(help: "Picture to caption.") var picture: String = "Tests/VLMTests/Fixtures/pocket-small.jpg"
    @Option(help: "Rounds; figures are medians of them.") var rounds: Int = 5
    @Option(
        help: "Parts, separated by commas: gguf, step, pocket, blip2, smolvlm; alone: large (8 GB), blip2large (6 GB).")
    var parts: String = "gguf,step,pocket,blip2,smolvlm"
    @Option(help: "Checkpoint of LLaVA-1.5-7B's shape (Tools/random_llava.py), for the part large.") var large: String?
    @Option(help: "Folder of 256m and 500m, checkpoints of SmolVLM's shapes (Tools/random_smolvlm.py), for smolvlm.")
    var smolvlm: String?
    @Option(help: "Folder of rendered photos (Demo/photos), for smolvlm.") var photos: String?
    @Flag(help: "Also the 360M shape.") var full = false

    func run() async throws {
        var chosen: Set<EngineSuite.Part> = []
        for name in parts.split(separator: ",") {
            guard let part = EngineSuite.Part(rawValue: String(name)) else {
                let known = EngineSuite.Part.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no part \(name); there are \(known)")
            }
            chosen.insert(part)
        }
        try await EngineSuite(
            parts: chosen, modelDirectory: model, files: files, python: python, tools: tools, picture: picture,
            rounds: rounds, full: full, largeDirectory: large, smolvlm: smolvlm, photos: photos
        ).run()
    }
}
