import ArgumentParser
import Client
import Foundation
import Runtime

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Read an exported concept into the server, or files of MyVLM's published code into a safe file.",
        discussion: """
            EXAMPLES
              myvlm import zibo.safetensors --name zibo
              myvlm import concept_embeddings_llava_captioning.pt --head head-step-500.pt \\
                --identifier sks --class mug --model llava-v1.6-vicuna-7b --out mug.safetensors
              myvlm import concept_embeddings_blip-2_captioning.pt --identifier Anna --class woman --out anna.safetensors

            A file of `myvlm export` becomes a new version of the concept NAME; the server must run the model it was made \
            with.

            Everything else needs no server. A .pt file is a program that PyTorch would run; here nothing in it is \
            executed, and whatever is not a plain dictionary of tensors is refused. The safetensors file holds \
            head.weight, head.bias and embedding.STEP.keys and .values for every saved step, and a manifest that says \
            what the original files do not. It belongs to the model it was trained for; other models need the photos: \
            `myvlm enroll`.
            """)

    @Argument(help: "An exported concept, or a published embedding: {step: {keys, values}}.") var file: String

    @Option(help: "Exported: how you call it (default: the file's name).", completion: .concepts)
    var name: String?

    @Option(help: "Exported: commit only if this version is in use then.") var ifVersion: Int?

    @Flag(help: "Exported: commit only if there is no concept of that name then.") var onlyNew = false

    @Option(help: "Exported: why; kept in the history.") var reason: String = ""

    @Option(help: "Published: the head of an object: classifier.weight, classifier.bias.") var head: String?

    @Option(help: "Published: the word it was trained to say.") var identifier: String?

    @Option(name: .customLong("class"), help: "Published: what it is: dog, mug, woman.") var classNoun: String = ""

    @Option(help: "Published: the model the embedding was trained for.") var model: String = ""

    @Option(help: "Published: the file to write.") var out: String?

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func validate() throws {
        if onlyNew, ifVersion != nil { throw ValidationError("--only-new and --if-version exclude each other") }
        if let ifVersion, ifVersion < 1 { throw ValidationError("versions count from 1") }
    }

    func run() async throws {
        let order = self
        if out == nil, let data = FileManager.default.contents(atPath: file), Self.isSafetensors(data) {
            return try await CommandRunner.run(connection) { client, _ in try await order.send([UInt8](data), client) }
        }
        try await CommandRunner.run { try order.convert() }
    }

    /// Eight bytes of length, then JSON.
    private static func isSafetensors(_ data: Data) -> Bool { data.dropFirst(8).first == UInt8(ascii: "{") }

    private func send(_ bytes: [UInt8], _ client: MyVLMClient) async throws {
        do {
            // Before it is sent: what is wrong with the file is told better here.
            _ = try ConceptArtifact(decoding: bytes)
        } catch let error as RuntimeError {
            let converted = try? PortableConcept(decoding: bytes)
            throw MyVLMError(
                .invalidArgument,
                converted == nil
                    ? "\(file) is no exported concept"
                    : "\(file) holds an embedding of MyVLM's published code, which works on no other model: enroll from "
                        + "the photos", cause: error)
        }
        let base = file.split(separator: "/").last.map(String.init) ?? file
        let enrolled = try await client.importConcept(
            name ?? base.split(separator: ".").first.map(String.init) ?? base, bytes,
            condition: onlyNew ? .onlyNew : ifVersion.map { .ifVersion($0) } ?? .always, reason: reason)
        if output.json { return try JSONOutput.write(enrolled) }
        Console.out(EnrollmentView.made(enrolled))
    }

    private func convert() throws {
        guard let identifier, let out else {
            throw MyVLMError(.usage, "files of the published code need --identifier and --out; see myvlm import --help")
        }
        for path in [file, head].compactMap({ $0 }) where !FileManager.default.fileExists(atPath: path) {
            throw MyVLMError(.noInput, "\(path): no such file")
        }
        do {
            let concept = try PortableConcept(
                head: head, embedding: file, identifier: identifier, classNoun: classNoun, model: model)
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
