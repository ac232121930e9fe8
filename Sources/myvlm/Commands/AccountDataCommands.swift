import ArgumentParser
import Client
import Foundation

struct AccountCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Take all you have taught with you, as one file.",
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
    var file: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Exported: Encodable {
        let file: String
        let bytes: Int
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            try SecretOutput.checkFree(file)
            let temporary = file + ".\(getpid()).new"
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw MyVLMError(.cannotCreate, "cannot write \(file): \(String(cString: strerror(errno)))")
            }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            var bytes = 0
            do {
                for try await piece in client.exportData() {
                    try handle.write(contentsOf: Data(piece))
                    bytes += piece.count
                }
                try Task.checkCancellation()
                try handle.synchronize()
                try handle.close()
            } catch {
                unlink(temporary)
                throw error
            }
            guard rename(temporary, file) == 0 else {
                unlink(temporary)
                throw MyVLMError(.cannotCreate, "cannot write \(file): \(String(cString: strerror(errno)))")
            }
            if output.json { return try JSONOutput.write(Exported(file: file, bytes: bytes)) }
            output.note("wrote \(file), \(Format.bytes(UInt64(bytes)))")
        }
    }
}

struct AccountImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take in a file that `myvlm account export` wrote.",
        discussion: """
            Versions keep their numbers, pointers and aliases stand where they stood. Names must be free. Concepts belong \
            to the model they were trained on: versions of another one are left out, and named. One import of a user runs \
            at a time.
            """)

    @Argument(help: "The file.", completion: .file())
    var file: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            guard let handle = FileHandle(forReadingAtPath: file) else {
                throw MyVLMError(.noInput, "\(file): no such file")
            }
            let imported = try await client.importData {
                guard let data = try handle.read(upToCount: 256 << 10), !data.isEmpty else { return nil }
                return [UInt8](data)
            }
            if output.json { return try JSONOutput.write(imported) }
            AnswerView.tell(imported.skipped)
            output.note(
                "took in \(imported.versions) versions of \(Console.shown(imported.concepts.joined(separator: ", ")))")
        }
    }
}
