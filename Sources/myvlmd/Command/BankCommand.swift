import ArgumentParser
import Foundation
import Logging
import Service

struct BankCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bank", abstract: "Make the bank of negatives of a model that came without one.",
        discussion: """
            Reads photos of everyday things that are nobody's concept, 150 or more for heads that seldom err, and writes \
            their features to MODEL/bank.safetensors. No photo is kept. Use the options the model will be served with: a \
            bank counts for the model's digest, and concepts enrolled without it have to be enrolled again.
            """)

    @Option(help: "Folder of the model, or a model of a hub that is in the cache (OWNER/NAME).")
    var model: String

    @Option(help: "Folder of photos: JPEG, PNG, WebP; folders inside are not read.")
    var photos: String

    @OptionGroup var choices: ModelArguments

    func run() async throws {
        try await reportingErrors {
            LoggingSystem.bootstrap { _ in StandardErrorLog(json: false, level: .info) }
            let logger = Logger(label: "myvlmd")
            let maker = try NegativeBankMaker(model: HubAccess.folder(model), options: choices.options(logger))
            let made = try maker.write(photos: photos) { name, problem in
                logger.warning("left out", metadata: ["photo": "\(name)", "because": "\(problem)"])
            }
            try StandardStream.print("\(made.path): \(made.count) features of \(made.size) numbers")
        }
    }
}
