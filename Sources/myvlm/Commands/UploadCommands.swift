import ArgumentParser
import Client
import Terminal

struct UploadsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "uploads", abstract: "Look after photos that wait for their enrollment.",
        discussion: """
            EXAMPLES
              myvlm uploads list
              myvlm uploads drop --all

            `myvlm enroll` sends its photos and enrolls them; whatever becomes of that, the upload is gone with it. One that \
            a lost connection left behind goes by itself within half an hour, or now.
            """,
        subcommands: [UploadsListCommand.self, UploadsDropCommand.self])
}

struct UploadsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List your uploads, the oldest first.",
        discussion: """
            EXAMPLES
              myvlm uploads list
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable { let uploads: [Upload] }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let uploads = try await client.uploads()
            if output.json { return try JSONOutput.write(Listing(uploads: uploads)) }
            var table = Table(["UPLOAD", "PHOTOS", "SIZE", "STATE", "EXPIRES"])
            for upload in uploads {
                table.add([
                    upload.uploadId, "\(upload.photos)", Format.bytes(upload.bytes),
                    upload.complete ? "complete" : "coming in", Format.time(upload.expiresAtMs),
                ])
            }
            try table.write()
        }
    }
}

struct UploadsDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop", abstract: "Delete an upload with its photos.",
        discussion: """
            EXAMPLES
              myvlm uploads list
              myvlm uploads drop --all
            """)

    @Argument(help: "The uploads.")
    var ids: [String] = []

    @Flag(help: "All of them.")
    var all = false

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Dropped: Encodable {
        let uploads: [String]
        let photos: Int
    }

    func validate() throws {
        guard all != !ids.isEmpty else { throw ValidationError("name uploads, or say --all") }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let wanted = all ? try await client.uploads().map(\.uploadId) : ids
            var photos = 0
            for id in wanted { photos += try await client.dropUpload(id) }
            try output.show(
                Dropped(uploads: wanted, photos: photos),
                "\(wanted.count) upload\(wanted.count == 1 ? "" : "s") with \(photos) photos deleted")
        }
    }
}
