import ArgumentParser
import Client
import LocalFiles
import Terminal

struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Take all you have taught with you, as one file.",
        discussion: """
            EXAMPLES
              myvlm account export mine.myvlm
              myvlm account import mine.myvlm
            """,
        subcommands: [AccountExportCommand.self, AccountImportCommand.self])
}

struct AccountExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write all your concepts with every version into one file.",
        discussion: """
            EXAMPLES
              myvlm account export mine.myvlm
              myvlm account import mine.myvlm --server other.example.org:7443 --ca other.pem

            The file is not sealed: it holds what the server seals. It is made with mode 0600.
            """)

    @Argument(help: "The file to write; none may be there.", completion: .file())
    var file: LocalPath

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Exported: Encodable {
        let file: String
        let bytes: Int
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let target = try LocalOutput(file, .newOnly, mode: 0o600)
            var bytes = 0
            for try await piece in client.exportData() {
                try target.add(piece)
                bytes += piece.count
            }
            try Task.checkCancellation()
            try target.finish()
            try output.show(
                Exported(file: file.shown, bytes: bytes), "wrote \(file.shown), \(Format.bytes(UInt64(bytes)))")
        }
    }
}

struct AccountImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take in a file that `myvlm account export` wrote.",
        discussion: """
            EXAMPLES
              myvlm account import mine.myvlm

            Versions keep their numbers, pointers and aliases stand where they stood. Names must be free. Concepts belong \
            to the model they were trained on: versions of another one are left out, and named. One import of a user runs \
            at a time.
            """)

    @Argument(help: "The file.", completion: .file())
    var file: LocalPath

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let input = try LocalInput(file)
            let imported = try await client.importData {
                let piece = try input.read(upTo: 256 << 10)
                return piece.isEmpty ? nil : piece
            }
            if output.json { return try JSONOutput.write(imported) }
            AnswerView.tell(imported.skipped)
            output.note(
                "imported \(imported.versions) versions of \(Console.shown(imported.concepts.joined(separator: ", ")))")
        }
    }
}
