import ArgumentParser
import Client
import Foundation

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

    @Option(help: "The file to write.") var out: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Exported: Encodable {
        let file: String
        let version: ConceptVersion
    }

    func validate() throws {
        if let version, version < 1 { throw ValidationError("versions count from 1") }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            guard !FileManager.default.fileExists(atPath: out) else {
                throw MyVLMError(.cannotCreate, "\(out) is there already: name another file with --out")
            }
            let file = try await client.exportConcept(name, version: version)
            guard
                FileManager.default.createFile(
                    atPath: out, contents: Data(file.bytes), attributes: [.posixPermissions: 0o600])
            else { throw MyVLMError(.cannotCreate, "\(out) cannot be written; check the folder and its permissions") }
            if output.json { return try JSONOutput.write(Exported(file: out, version: file.version)) }
            output.note(
                "\(out): \(file.version.kind.rawValue) \(Console.shown(file.version.identifier)), v\(file.version.number) of "
                    + "\(Console.shown(file.version.concept)), SHA-256 \(file.version.digest)")
        }
    }
}
