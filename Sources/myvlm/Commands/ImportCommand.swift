import ArgumentParser
import Client
import LocalFiles
import Terminal

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

    @Argument(help: "An exported concept, or a published embedding: {step: {keys, values}}.") var file: LocalPath

    @Option(help: "Exported: how you call it (default: the file's name).", completion: .concepts)
    var name: String?

    @Option(help: "Exported: commit only if this version is in use then.") var ifVersion: Int?

    @Flag(help: "Exported: commit only if there is no concept of that name then.") var onlyNew = false

    @OptionGroup var history: HistoryArguments

    @OptionGroup var published: PublishedArguments

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func validate() throws {
        if onlyNew, ifVersion != nil { throw ValidationError("--only-new and --if-version exclude each other") }
        try Bound.check(ifVersion, Limits.versions, "--if-version")
    }

    /// The most that is read of an exported concept or a published file.
    private static let limit = 256 << 20

    func run() async throws {
        let order = self
        try await CommandRunner.run {
            // A pipe can be read only once, so the file is read here whatever it is.
            let bytes = try LocalInput.contents(of: order.file, limit: Self.limit)
            guard order.published.out == nil, ConceptFile.isSafetensors(bytes) else {
                try Laboratory.takeOver(try order.published.laboratoryArguments(order.file, order.output))
            }
            let context = try order.connection.resolve()
            let client = try MyVLMClient(context.connection, token: context.token)
            do {
                try await order.send(bytes, client)
            } catch {
                await client.close()
                throw error
            }
            await client.close()
        }
    }

    private func send(_ bytes: [UInt8], _ client: MyVLMClient) async throws {
        // Checked before it is sent: the message can be clearer here.
        guard let format = ConceptFile.format(of: bytes) else {
            throw MyVLMError(.invalidArgument, "\(file.shown) is not an exported concept")
        }
        guard format == .exported else {
            throw MyVLMError(
                .invalidArgument,
                "\(file.shown) holds an embedding of MyVLM's published code, which works on no other model: enroll from "
                    + "the photos")
        }
        let base = file.name.text
        let enrolled = try await client.importConcept(
            name ?? base.split(separator: ".").first.map(String.init) ?? base, bytes,
            condition: onlyNew ? .onlyNew : ifVersion.map { .ifVersion($0) } ?? .always, reason: history.reason)
        if output.json { return try JSONOutput.write(enrolled) }
        try Console.out(EnrollmentView.made(enrolled))
    }
}
