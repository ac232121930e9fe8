import ArgumentParser
import Client
import LocalFiles
import Runtime
import Terminal

/// Files of MyVLM's published code into a safe one.
struct ConvertCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Read files of MyVLM's published code into a safe file.")

    @Argument(help: "A published embedding: {step: {keys, values}}.") var file: LocalPath

    @OptionGroup var published: PublishedArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        let command = self
        try await CommandRunner.run { try command.convert() }
    }

    private func convert() throws {
        let (identifier, out) = try published.required()
        let files = [file] + (published.head.map { [$0] } ?? [])
        for path in files {
            guard let status = FileStatus(path) else { throw MyVLMError(.noInput, "\(path.shown): no such file") }
            guard status.kind == .plain else {
                throw MyVLMError(
                    .noInput,
                    "\(path.shown) is not a plain file; files of the published code cannot come through a pipe")
            }
        }
        let target = try LocalOutput(out, .newOnly, from: files)
        let names = try files.map { try LentName($0) }
        do {
            let concept = try PortableConcept(
                head: published.head == nil ? nil : names.last?.text, embedding: names[0].text, identifier: identifier,
                classNoun: published.classNoun, model: published.model)
            try target.write([UInt8](try concept.encoded()))
            if output.json { return try JSONOutput.write(concept.manifest) }
            let steps = concept.manifest.steps.map(String.init).joined(separator: ", ")
            output.note(
                "\(out.shown): \(concept.manifest.kind.rawValue) \(identifier), steps \(steps), rows of "
                    + "\(concept.manifest.hiddenSize)"
                    + (concept.manifest.featureSize.map { ", head of \($0)" } ?? ", no head"))
        } catch let error as RuntimeError {
            let message = zip(files, names).reduce(error.message) { $0.replacing($1.1.text, with: $1.0.shown) }
            throw MyVLMError(.invalidArgument, message, cause: error)
        }
    }
}
