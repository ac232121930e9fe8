import ArgumentParser
import Logging
import Service
import Synchronization

/// How a model is loaded.
struct ModelArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Number format of the weights: f32, bf16, f16, int8, q4 (default: as the model stores them).",
            discussion: "Concepts enrolled with one format are not served with another."))
    var dtype: String?

    @Option(help: "Folder of a CLIP encoder (CLIPVisionModelWithProjection) that concept heads read.")
    var headEncoder: String?

    @Flag(help: "Let LLaVA-NeXT and SmolVLM cut pictures into tiles.")
    var tiles = false

    /// The loading options; progress is logged at every tenth.
    func options(_ logger: Logger) -> ModelOptions {
        ModelOptions(numberFormat: dtype, tiles: tiles, headEncoder: headEncoder).telling(logger)
    }
}

extension ModelOptions {
    /// The same, with progress logged at every tenth.
    func telling(_ logger: Logger) -> ModelOptions {
        let told = ProgressTenths()
        var options = self
        options.progress = { share in
            if let tenth = told.reached(share) { logger.info("weights", metadata: ["percent": "\(tenth * 10)"]) }
        }
        return options
    }
}

/// Reports each tenth once.
private final class ProgressTenths: Sendable {
    private let last = Mutex(0)

    func reached(_ share: Double) -> Int? {
        let tenth = Int(share * 10)
        return last.withLock { last in
            guard tenth > last else { return nil }
            last = tenth
            return tenth
        }
    }
}
