import ArgumentParser
import Foundation
import VLM

/// Definitions: Docs/evaluation.md.
struct Quality: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Enrolls every thing of a folder under one user and asks about the other photos.",
        discussion: """
            The folder holds one folder of photos a thing and may hold captions.json: per thing "class_noun", "kind" \
            and "images" (photo name to captions with the placeholder {concept}).
            """)

    @Option(help: "Folder of things.") var data: String
    @Option(help: "Model directory.") var model: String = Self.standardModel
    @Option(help: "Write one JSON line a test photo to this file.") var report: String?
    @Option(help: "Only these things, separated by commas.") var things: String?
    @Option(help: "Seed of every enrollment.") var seed: UInt64 = 42
    @Flag(help: "Enroll without the captions of captions.json, with what the frozen model says of the photos.")
    var withoutCaptions = false

    static var standardModel: String {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["MYVLM_HOME"] ?? (environment["HOME"] ?? ".") + "/.cache/myvlm"
        return home + "/models/pocket"
    }

    func run() async throws {
        let all = try ThingFolder.read(URL(filePath: data))
        let wanted = things.map { Set($0.split(separator: ",").map(String.init)) }
        if let unknown = wanted?.subtracting(all.map(\.name)).sorted(), !unknown.isEmpty {
            throw BenchError("no thing named \(unknown.joined(separator: ", ")) in \(data)")
        }
        let chosen = all.filter { wanted?.contains($0.name) ?? true }
        guard chosen.count <= Identifiers.count else {
            throw BenchError(
                "\(chosen.count) things, but only \(Identifiers.count) identifiers: choose some by --things")
        }
        let lab = try Lab(modelDirectory: model, seed: seed, usesCaptions: !withoutCaptions)
        let evaluation = try await QualityEvaluation(lab: lab, things: chosen).run()
        for measurement in evaluation.measurements { try measurement.print() }
        if let report {
            let lines = try evaluation.rows.reduce(into: Data()) { $0 += try Output.json($1) }
            try lines.write(to: URL(filePath: report))
        }
    }
}
