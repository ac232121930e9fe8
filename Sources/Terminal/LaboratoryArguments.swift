package import ArgumentParser
package import Client
package import LocalFiles

/// What `evaluate` is asked for: declared once, for the command and for the laboratory that carries it out.
package struct EvaluateArguments: ParsableArguments {
    @Option(help: "Folder of things.", completion: .directory) package var data: LocalPath

    @Option(help: "Photos enrolled of each thing, at most 20.") package var shots = 4

    @Option(help: "Rounds with different photos enrolled, at most 50; intervals need two or more.")
    package var seeds = 1

    @Option(help: "Seed of the first round.") package var seed: UInt64 = 42

    @Option(help: "Only these things, separated by commas.") package var things: String?

    @Option(help: "A split file of an earlier run to measure on; --shots and --seeds say nothing then.")
    package var split: LocalPath?

    @Option(help: "Where the results go, without extension.") package var out = LocalPath("evaluation")

    @Option(
        help:
            "Model directory, or a model of a hub that is in the cache, OWNER/NAME (default: $MYVLM_HOME/models/pocket)."
    )
    package var model: LocalPath?

    @Option(help: "Number format of its weights: f32, bf16, f16, int8, q4 (default: as they are stored).")
    package var dtype: String?

    @Option(help: "Folder of a CLIP encoder that concept heads read.") package var headEncoder: LocalPath?

    @Flag(help: "Let LLaVA-NeXT and SmolVLM cut pictures into tiles.") package var tiles = false

    @Option(help: "Folder of the sentence encoder (default: $MYVLM_HOME/models/minilm).")
    package var sentenceModel: LocalPath?

    @Flag(help: "Enroll without the captions of captions.json, with what the frozen model says of the photos.")
    package var withoutCaptions = false

    @Flag(help: "Heads and captions only: no single photo, no pairs, no baselines.") package var brief = false

    @Flag(
        help: "What each part of the training is worth: the same heads, embeddings without it and from fewer photos.")
    package var ablations = false

    @OptionGroup package var output: OutputArguments

    package init() {}
}

/// Files of MyVLM's published code that become a safe one.
package struct PublishedArguments: ParsableArguments {
    @Option(help: "Published: the head of an object: classifier.weight, classifier.bias.") package var head: LocalPath?

    @Option(help: "Published: the word it was trained to say.") package var identifier: String?

    @Option(name: .customLong("class"), help: "Published: what it is: dog, mug, woman.")
    package var classNoun: String = ""

    @Option(help: "Published: the model the embedding was trained for.") package var model: String = ""

    @Option(help: "Published: the file to write.") package var out: LocalPath?

    package init() {}

    /// The word and the place that every such file needs.
    package func required() throws(MyVLMError) -> (identifier: String, out: LocalPath) {
        guard let identifier, let out else {
            throw MyVLMError(.usage, "files of the published code need --identifier and --out; see myvlm import --help")
        }
        return (identifier, out)
    }

    /// The laboratory's arguments for a file; throws for what it would refuse.
    package func laboratoryArguments(_ file: LocalPath, _ output: OutputArguments) throws(MyVLMError) -> [[UInt8]] {
        let (identifier, out) = try required()
        var arguments = [Array("import".utf8)]
        func add(_ option: String, _ value: [UInt8]) { arguments.append(Array("--\(option)=".utf8) + value) }
        if let head { add("head", head.bytes) }
        add("identifier", Array(identifier.utf8))
        if !classNoun.isEmpty { add("class", Array(classNoun.utf8)) }
        if !model.isEmpty { add("model", Array(model.utf8)) }
        add("out", out.bytes)
        if output.json { arguments.append(Array("--json".utf8)) }
        if output.quiet { arguments.append(Array("--quiet".utf8)) }
        return arguments + [Array("--".utf8), file.bytes]
    }
}
