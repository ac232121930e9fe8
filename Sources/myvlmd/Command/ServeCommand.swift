import ArgumentParser
import Foundation
import Hub
import Logging
import Service

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve a home until SIGTERM or SIGINT.",
        discussion: """
            Prints the address it listens on and writes it to HOME/endpoint. The first signal lets calls in flight \
            finish; a second one quits at once. SIGHUP and the user signals are passed over. Logs go to standard error; a \
            log that nobody reads holds up no call: lines are dropped then, and counted.
            """)

    @Option(help: "The server's home, made by `myvlmd init`.")
    var home: String

    @Option(
        help: ArgumentHelp(
            "The model (default: from config.json, else $MYVLM_HOME/models/pocket).",
            discussion: """
                A folder that is there, else a model of a hub, OWNER/NAME or OWNER/NAME@REVISION: taken from the cache that \
                `myvlmd model pull` fills, and fetched into it where it is not there. Several, each as NAME=PLACE: a call may \
                name one, else it takes the first; the others are loaded when they are first asked for.
                """))
    var model: [String] = []

    @Flag(help: "Never fetch a model.")
    var offline = false

    @OptionGroup var choices: ModelArguments

    @Option(help: "Where to listen, HOST:PORT; port 0 takes a free one (default: from config.json).")
    var listen: String?

    @Flag(help: "Log one JSON object a line.")
    var logJson = false

    @Flag(name: .shortAndLong, help: "Log more.")
    var verbose = false

    func run() async throws {
        try await reportingErrors {
            // Before anything that takes long: a signal that arrives while the model is loaded must not be lost.
            let signals = Signals(ending: [SIGTERM, SIGINT], ignored: [SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM])
            let json = logJson
            let level: Logger.Level = verbose ? .debug : .info
            LoggingSystem.bootstrap { _ in StandardErrorLog(json: json, level: level) }
            let logger = Logger(label: "myvlmd")
            let home = ServerHome(path: home)
            signals.tell { number in
                logger.notice(
                    "a signal was ignored: settings and certificates are read at start; SIGTERM stops the server",
                    metadata: ["signal": "\(number)"])
            }
            let environment = ProcessInfo.processInfo.environment
            for warning in ServerEnvironment.warnings(environment) { logger.warning("\(warning)") }
            let configuration = try ServiceConfiguration.load(home)
            let address = try ListenAddress(listen ?? configuration.listen)
            let models = try ServedModels(named: model, choices, configuration, environment: environment)
            let server: MyVLMServer
            do {
                server = try make(models, home, configuration, address, logger, signals)
            } catch let error as HubError where error.code == .cancelled {
                logger.notice("stopped while a model was fetched; the next start goes on from there")
                return
            }
            let bound: ListenAddress
            do {
                bound = try await server.start()
            } catch {
                await server.shutdown(grace: .zero)
                throw error
            }
            // Standard output may be closed or on a full disk: the address is in the log and in HOME/endpoint too.
            let output = LineSink(descriptor: STDOUT_FILENO)
            output.write("listening on \(bound)")
            if !output.flush(seconds: 1) || output.droppedLines > 0 {
                logger.warning(
                    "the address cannot be written to standard output; it is in the file endpoint of the home")
            }
            await signals.first()
            await server.shutdown(grace: .seconds(configuration.drainSeconds))
        }
    }

    private func make(
        _ models: ServedModels, _ home: ServerHome, _ configuration: ServiceConfiguration, _ address: ListenAddress,
        _ logger: Logger, _ signals: Signals
    ) throws -> MyVLMServer {
        let folder = { (place: ModelReference.Place) throws -> String in
            try HubAccess.folder(of: place, offline: offline, logger: logger, isCancelled: { signals.hasCome })
        }
        guard let only = models.withoutName else {
            return try MyVLMServer(
                home: home, configuration: configuration, listen: address, logger: logger,
                models: try models.entries(configuration, logger: logger, folder: folder))
        }
        let directory = try folder(only.place)
        logger.info("loading the model", metadata: ["directory": "\(directory)"])
        let loaded = try LoadedModel(directory: directory, options: only.options.telling(logger))
        return try MyVLMServer(home: home, configuration: configuration, listen: address, logger: logger) {
            try loaded.vision($0, configuration)
        }
    }
}
