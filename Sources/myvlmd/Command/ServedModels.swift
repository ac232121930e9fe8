import Foundation
import Hub
import Logging
import Service

/// Which models a server is to have: those of the command line, else those of `config.json`, else the one that
/// `Scripts/setup` made.
struct ServedModels {
    /// One of them, before its folder is known.
    struct Choice {
        /// Nil for the only one, which needs none.
        let name: String?
        let place: ModelReference.Place
        let options: ModelOptions
    }

    let choices: [Choice]

    /// Throws `usage` for names that are missing or given twice, and for options that no model can be meant by.
    init(
        named: [String], _ arguments: ModelArguments, _ configuration: ServiceConfiguration,
        environment: [String: String]
    ) throws {
        if named.isEmpty, let table = configuration.models {
            guard arguments.dtype == nil, arguments.headEncoder == nil, !arguments.tiles else {
                throw ServiceError(
                    .usage,
                    "--dtype, --head-encoder and --tiles are of models that --model names; those of config.json have theirs "
                        + "there")
            }
            choices = table.map { one in
                Choice(
                    name: one.name,
                    place: ModelReference.place(ofPath: one.path) { FileManager.default.fileExists(atPath: $0) },
                    options: ModelOptions(
                        numberFormat: one.dtype, tiles: one.tiles ?? false, headEncoder: one.headEncoder))
            }
            return
        }
        let texts =
            named.isEmpty
            ? [configuration.model ?? LoadedModel.defaultDirectory(environment: environment)] : named
        choices = try texts.map { text in
            let reference = try HubAccess.reference(text)
            guard reference.name != nil || texts.count == 1 else {
                throw ServiceError(
                    .usage, "where several models are served each has a name: write --model NAME=\(text)")
            }
            return Choice(
                name: reference.name, place: reference.place,
                options: ModelOptions(
                    numberFormat: arguments.dtype, tiles: arguments.tiles, headEncoder: arguments.headEncoder))
        }
        let names = choices.compactMap(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw ServiceError(.usage, "two models are called \(twice); give one of them another name")
        }
    }

    /// The only model, where it has no name: it is served as ever.
    var withoutName: Choice? { choices.count == 1 && choices[0].name == nil ? choices[0] : nil }

    /// The models as the server loads them. Folders of a hub are fetched here, one after the other; throws for a folder
    /// that holds no model.
    /// - Parameter folder: finds the folder of a place.
    func entries(
        _ configuration: ServiceConfiguration, logger: Logger, folder: (ModelReference.Place) throws -> String
    ) throws -> [ModelEntry] {
        try choices.map { choice in
            let directory = try folder(choice.place)
            try LoadedModel.check(directory: directory, options: choice.options)
            var bytes = WeightCensus.bytes(inFolder: directory, dtype: choice.options.numberFormat)
            if let encoder = choice.options.headEncoder { bytes += WeightCensus.bytes(inFolder: encoder, dtype: nil) }
            let (options, name) = (choice.options, choice.name ?? "")
            return ModelEntry(name: choice.name, source: choice.source(directory), bytes: bytes) { concepts, progress in
                logger.info("loading the model", metadata: ["directory": "\(directory)", "model": "\(name)"])
                var told = options.telling(logger)
                let log = told.progress
                told.progress = { share in
                    log?(share)
                    progress(share)
                }
                return try LoadedModel(directory: directory, options: told).vision(concepts, configuration)
            }
        }
    }
}

extension ServedModels.Choice {
    /// What the model is made of.
    fileprivate func source(_ directory: String) -> String {
        var parts = [directory]
        if let format = options.numberFormat { parts.append("dtype \(format)") }
        if let encoder = options.headEncoder { parts.append("head encoder \(encoder)") }
        if options.tiles { parts.append("tiles") }
        return parts.joined(separator: ", ")
    }
}
