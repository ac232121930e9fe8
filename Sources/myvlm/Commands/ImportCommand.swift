import ArgumentParser
import Client
import Foundation
import Runtime

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Read files of MyVLM's published code into one safe file; needs no server.",
        discussion: """
            EXAMPLES
              myvlm import concept_embeddings_llava_captioning.pt --head head-step-500.pt \\
                --identifier sks --class mug --model llava-v1.6-vicuna-7b --out mug.safetensors
              myvlm import concept_embeddings_blip-2_captioning.pt --identifier Anna --class woman --out anna.safetensors

            A .pt file is a program that PyTorch would run; here nothing in it is executed, and whatever is not a plain \
            dictionary of tensors is refused. The safetensors file holds head.weight, head.bias and embedding.STEP.keys \
            and .values for every saved step, and a manifest that says what the original files do not. It belongs to the \
            model it was trained for; other models need the photos: `myvlm enroll`.
            """)

    @Argument(help: "The embedding: {step: {keys, values}}.") var embedding: String

    @Option(help: "The head of an object: classifier.weight, classifier.bias.") var head: String?

    @Option(help: "The word it was trained to say.") var identifier: String

    @Option(name: .customLong("class"), help: "What it is: dog, mug, woman.") var classNoun: String = ""

    @Option(help: "The model the embedding was trained for.") var model: String = ""

    @Option(help: "The file to write.") var out: String

    @OptionGroup var output: OutputArguments

    func run() async throws {
        let order = self
        try await CommandRunner.run { try order.convert() }
    }

    private func convert() throws {
        for path in [embedding, head].compactMap({ $0 }) where !FileManager.default.fileExists(atPath: path) {
            throw MyVLMError(.noInput, "\(path): no such file")
        }
        do {
            let concept = try PortableConcept(
                head: head, embedding: embedding, identifier: identifier, classNoun: classNoun, model: model)
            guard !FileManager.default.fileExists(atPath: out) else {
                throw MyVLMError(.cannotCreate, "\(out) is there already: name another file with --out")
            }
            do {
                try Data(try concept.encoded()).write(to: URL(filePath: out), options: .atomic)
            } catch let error as CocoaError {
                throw MyVLMError(.cannotCreate, "\(out) cannot be written: \(error.localizedDescription)", cause: error)
            }
            if output.json { return try JSONOutput.write(concept.manifest) }
            let steps = concept.manifest.steps.map(String.init).joined(separator: ", ")
            output.note(
                "\(out): \(concept.manifest.kind.rawValue) \(identifier), steps \(steps), rows of "
                    + "\(concept.manifest.hiddenSize)"
                    + (concept.manifest.featureSize.map { ", head of \($0)" } ?? ", no head"))
        } catch let error as RuntimeError {
            throw MyVLMError(.invalidArgument, error.message, cause: error)
        }
    }
}
