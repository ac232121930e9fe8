import ArgumentParser
import Foundation
import Logging
import Service

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Fetch models from a hub, and look at a model before it is served.",
        subcommands: [
            ModelPullCommand.self, ModelListCommand.self, ModelRemoveCommand.self, ModelVerifyCommand.self,
            ModelCheckCommand.self,
        ])
}

struct ModelCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Tell whose concepts a model would leave behind.",
        discussion: """
            EXAMPLES
              myvlmd model check ~/llava-1.5-7b-hf --dtype int8 --home /var/lib/myvlm
              myvlmd model check ~/llava-1.5-7b-hf --home /var/lib/myvlm --users --json

            Concepts are trained for one model, and left out of answers by another until they are trained again. Loads the \
            model with the options it will be served with, which count for its digest, and counts in the home's registry; \
            nothing is written, and a server may run meanwhile. The model takes as much memory as when it is served.
            """)

    @Argument(help: "Folder of the model, or a model of a hub that is in the cache (OWNER/NAME).")
    var model: String

    @Option(help: "The server's home.")
    var home: String

    @Flag(help: "Tell the numbers of each user too.")
    var users = false

    @Flag(help: "Write one JSON object.")
    var json = false

    @OptionGroup var choices: ModelArguments

    func run() async throws {
        try await reportingErrors {
            LoggingSystem.bootstrap { _ in StandardErrorLog(json: false, level: .info) }
            let home = ServerHome(path: home)
            // Before a large model is read.
            try home.requireMade()
            let loaded = try LoadedModel(
                directory: HubAccess.folder(model), options: choices.options(Logger(label: "myvlmd")))
            let check = try ModelCheck(loaded, home: home, byUser: users)
            guard json else { return try StandardStream.print(check.lines.joined(separator: "\n")) }
            try StandardStream.print(ModelReport.encoded(check))
        }
    }
}
