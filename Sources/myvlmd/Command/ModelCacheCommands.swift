import ArgumentParser
import Foundation
import Hub
import LocalFiles
import Service

struct ModelListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Tell which models of a hub are in the cache.",
        discussion: """
            EXAMPLES
              myvlmd model list
              myvlmd model list --json

            Those that other tools have fetched too. The cache is HF_HUB_CACHE, else hub in HF_HOME.
            """)

    @Flag(help: "Write one JSON object.")
    var json = false

    func run() async throws {
        try await reportingErrors {
            let cache = ModelCache(try HubAccess.settings().cache)
            let models = try cache.models()
            guard !json else {
                return try StandardStream.print(
                    ModelReport.encoded(
                        ModelReport.List(cache: cache.root.text, models: models.map(ModelReport.Model.init))))
            }
            for model in models {
                try StandardStream.print("\(model.repository)  \(ByteText.size(model.bytes))")
                for snapshot in model.snapshots {
                    let names = snapshot.revisions.isEmpty ? "" : "  " + snapshot.revisions.joined(separator: ", ")
                    let lack =
                        snapshot.missing.isEmpty ? "" : "  lacks \(snapshot.missing.prefix(3).joined(separator: ", "))"
                    try StandardStream.print(
                        "  \(snapshot.commit.prefix(12))\(names)  \(snapshot.files) files, "
                            + "\(ByteText.size(snapshot.bytes))\(lack.isEmpty ? "" : CarriedText.shown(lack))")
                }
            }
            if models.isEmpty { StandardStream.complain("no models in \(cache.root.shown)") }
        }
    }
}

struct ModelRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Take a model out of the cache.",
        discussion: """
            EXAMPLES
              myvlmd model rm OWNER/NAME --yes          # all of it
              myvlmd model rm OWNER/NAME@v1.0           # that revision, and what no other one has of it

            Other tools lose it too: the cache is theirs as well. A server that has the model open keeps it until it ends.
            """)

    @Argument(help: "The model: OWNER/NAME, or OWNER/NAME@REVISION.")
    var model: String

    @Flag(help: "Do not ask.")
    var yes = false

    @Flag(help: "Write one JSON object.")
    var json = false

    func run() async throws {
        try await reportingErrors {
            let id = try ModelID(model)
            let cache = ModelCache(try HubAccess.settings().cache)
            guard let found = try cache.model(id) else {
                throw HubError(.notFound, "\(id.repository) is not in \(cache.root.shown); see `myvlmd model list`")
            }
            if !yes { try ask(id, found) }
            let freed = try cache.remove(id, allRevisions: !model.contains("@"))
            try StandardStream.print(
                json
                    ? ModelReport.encoded(ModelReport.Removal(model: id.repository, freedBytes: freed))
                    : "\(model) is gone; \(ByteText.size(freed)) are free again")
        }
    }

    private func ask(_ id: ModelID, _ found: CachedModel) throws {
        guard isatty(STDIN_FILENO) == 1 else {
            throw ServiceError(.usage, "nothing was removed: say --yes where nobody can be asked")
        }
        StandardStream.complain(
            "Remove \(model) (\(ByteText.size(found.bytes)) with all revisions) from the cache of all tools? [y/N] ",
            terminator: "")
        guard readLine()?.lowercased().hasPrefix("y") == true else { throw ServiceError(.usage, "nothing was removed") }
    }
}

struct ModelVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compare every byte of a model in the cache with the digests it came with.",
        discussion: """
            EXAMPLES
              myvlmd model verify OWNER/NAME
              myvlmd model verify OWNER/NAME@v1.0 --json

            Reads all of it and asks nobody. Status 65 where a file is damaged or missing.
            """)

    @Argument(help: "The model: OWNER/NAME, or OWNER/NAME@REVISION.")
    var model: String

    @Flag(help: "Write one JSON object.")
    var json = false

    func run() async throws {
        try await reportingErrors {
            let id = try ModelID(model)
            let found = try ModelCache(try HubAccess.settings().cache).verify(id)
            if json {
                try StandardStream.print(ModelReport.encoded(ModelReport.Check(id, found)))
            } else {
                for damage in found.damaged {
                    try StandardStream.print("\(CarriedText.shown(damage.path)): \(damage.problem)")
                }
                try StandardStream.print(
                    "\(id) (commit \(found.commit.prefix(12))): \(found.good) files good, \(ByteText.size(found.bytes))"
                )
            }
            guard found.damaged.isEmpty else {
                throw HubError(
                    .badData,
                    "\(found.damaged.count) files of \(id) are damaged or missing: "
                        + "`myvlmd model rm \(model)`, then pull it again"
                )
            }
        }
    }
}
