import ArgumentParser
import Client
import Foundation
import LocalFiles
import Terminal

struct ConceptPhotosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "photos", abstract: "See, fetch or destroy the photos kept with a concept.",
        discussion: """
            EXAMPLES
              myvlm concept photos zibo                      # list them
              myvlm concept photos zibo --version 2 --to zibo-2
              myvlm concept photos zibo --drop --yes         # those of all versions

            Photos are kept only where `myvlm enroll --keep-photos` asked for it.
            """)

    @Argument(help: "The concept.", completion: .concepts)
    var concept: String

    @Option(help: "A version or an alias (default: the one in use).")
    var version: String = ""

    @Option(help: "A folder to write them into; made if there is none.", completion: .directory)
    var to: LocalPath?

    @Flag(help: "Destroy the photos of all versions; the versions stay.")
    var drop = false

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listed: Encodable {
        let name: String
        let bytes: Int
        let file: String?
    }
    private struct Listing: Encodable { let photos: [Listed] }
    private struct Dropped: Encodable { let dropped: Int }

    func validate() throws {
        if drop, to != nil || !version.isEmpty {
            throw ValidationError("--drop takes neither --to nor --version: it destroys the photos of all versions")
        }
        if drop, !yes, isatty(STDIN_FILENO) == 0 {
            throw ValidationError("confirm with --yes where there is no terminal")
        }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            if drop {
                try EraseQuestion.ask(concept, yes: yes)
                let count = try await client.dropPhotos(of: concept)
                return try output.show(Dropped(dropped: count), "destroyed \(count) photo\(count == 1 ? "" : "s")")
            }
            if let to {
                try LocalFolder.make(to)
                // Nothing is fetched that could not be written.
                _ = try LocalOutput(to.appending(".myvlm-check"), .newOnly)
            }
            var listed: [Listed] = []
            for try await photo in client.photos(of: concept, version: version) {
                let file = try to.map { try write(photo, number: listed.count + 1, to: $0) }
                listed.append(Listed(name: photo.name, bytes: photo.bytes.count, file: file))
            }
            if output.json { return try JSONOutput.write(Listing(photos: listed)) }
            for photo in listed {
                try Console.out("\(Console.shown(photo.file ?? photo.name))  \(Format.bytes(UInt64(photo.bytes)))")
            }
            if listed.isEmpty { output.note("no photos are kept with it: see `myvlm enroll --keep-photos`") }
        }
    }

    /// Writes a photo under its own name, a number before it; never over a file, never outside the folder.
    private func write(_ photo: Photo, number: Int, to folder: LocalPath) throws -> String {
        let own = LocalPath(photo.name).name.bytes.filter { $0 != 0 && $0 != UInt8(ascii: "/") }
        // The longest name that file systems take has 255 bytes.
        let path = folder.appending(LocalPath(bytes: Array("\(number)-".utf8) + own.suffix(200)))
        try LocalOutput(path, .newOnly).write(photo.bytes)
        return path.shown
    }
}
