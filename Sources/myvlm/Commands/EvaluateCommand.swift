import ArgumentParser
import Terminal

struct EvaluateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate", abstract: "Measure how well things of a folder are learned; needs no server.",
        discussion: """
            EXAMPLES
              myvlm evaluate --data things
              myvlm evaluate --data things --shots 2 --seeds 5 --out two-shots
              myvlm evaluate --data things --split result.split.json
              myvlm evaluate --data things --ablations
              myvlm evaluate --data things --model HuggingFaceTB/SmolVLM-256M-Instruct --dtype int8 --brief

            DIR holds one folder of photos a thing. Some photos are enrolled, the others asked about; a file \
            DIR/captions.json {"thing": {"class_noun": "mug", "images": {"00.jpg": ["{concept} on a table"]}}} says \
            more. Runs in this process on the model that Scripts/setup fetched (about ten minutes for 20 things and \
            a round), or on another one, so that models can be compared on the same photos: one of a hub comes by \
            `myvlmd model pull`, and where it has no bank of negatives `myvlmd bank` makes one. OUT.json, OUT.split.json and OUT.html are written; Docs/evaluation.md defines the figures. Photos that \
            show the same (copies, scaled or turned ones too) are told in a warning and in OUT.json, under same_photos.
            """)

    @OptionGroup var order: EvaluateArguments

    func run() async throws { try await CommandRunner.run { try Laboratory.takeOver() } }
}
