import ArgumentParser
import Client
import LocalFiles
import Terminal

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a concept into a file that `myvlm import` reads back.",
        discussion: """
            EXAMPLES
              myvlm export zibo --out zibo.safetensors
              myvlm export zibo --version 2 --out zibo-2.safetensors
              myvlm import zibo.safetensors --name zibo

            The safetensors file holds the head or face keys, the embedding, features of the photos (no photo) and a \
            manifest as JSON. It works on every server with the same model. Whoever has a person's file can recognise \
            that person: it is written for you alone.
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var name: String

    @Option(help: "The version (default: the one in use).")
    var version: Int?

    @Option(help: "The file to write.") var out: LocalPath

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Exported: Encodable {
        let file: String
        let version: ConceptVersion
    }

    func validate() throws {
        try Bound.check(version, Limits.versions, "--version")
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let target = try LocalOutput(out, .newOnly, mode: 0o600)
            let file = try await client.exportConcept(name, version: version)
            try target.write(file.bytes)
            try output.show(
                Exported(file: out.shown, version: file.version),
                "\(out.shown): \(file.version.kind.word) \(Console.shown(file.version.identifier)), v\(file.version.number) of "
                    + "\(Console.shown(file.version.concept)), SHA-256 \(file.version.digest)")
        }
    }
}
