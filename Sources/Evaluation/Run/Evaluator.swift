import Foundation
import LocalFiles
import Runtime
import VLM

/// Enrolls every thing of a folder under one user and asks about the photos that were not enrolled. Definitions:
/// Docs/evaluation.md.
public struct Evaluator: Sendable {
    let options: EvaluationOptions
    let things: [Thing]
    let split: EvaluationSplit
    let synonyms: [String: [String]]
    let progress: @Sendable (String) -> Void
    /// Photos that show the same and should not both be there: whoever shows figures must tell them.
    public let samePhotos: [SamePhotos]

    /// Reads the folder and the split. Throws `EvaluationError` for data that cannot be evaluated.
    public init(_ options: EvaluationOptions, progress: @escaping @Sendable (String) -> Void) throws {
        let all = try ThingFolder.read(LocalPath(options.data))
        if let unknown = options.things?.subtracting(all.map(\.name)).sorted(), !unknown.isEmpty {
            throw EvaluationError(.badInput, "no thing named \(unknown.joined(separator: ", ")) in the data folder")
        }
        let things = all.filter { options.things?.contains($0.name) ?? true }
        guard things.count <= Identifiers.count else {
            throw EvaluationError(
                .badInput, "\(things.count) things, but only \(Identifiers.count) identifiers: choose some by --things")
        }
        guard (1...20).contains(options.shots), (1...50).contains(options.seeds) else {
            throw EvaluationError(.badInput, "1 to 20 shots and 1 to 50 seeds are possible")
        }
        let split =
            options.split
            ?? EvaluationSplit(things: things, shots: options.shots, seeds: options.seeds, seed: options.seed)
        try split.check(against: things)
        self.options = options
        self.things = things
        self.split = split
        self.progress = progress
        samePhotos = try SamePhotos.find(things, split: split)
        synonyms = try JSONDecoder().decode([String: [String]].self, from: Data(PackageResources.Synonyms_json))
    }

    /// Runs all rounds.
    public func run() async throws -> EvaluationResult {
        let encoder = try SentenceEncoder.lent(options.sentenceModel)
        if encoder == nil {
            progress("no sentence encoder: similarities of texts are left out; Scripts/setup --evaluation fetches it")
        }
        let runtime = try EvaluationRuntime(modelDirectory: options.model, options: options.load)
        defer { runtime.shutDown() }
        return try await run(runtime, encoder: encoder)
    }

    package func run(_ runtime: EvaluationRuntime, encoder: SentenceEncoder?) async throws -> EvaluationResult {
        var seen: [RoundSeen] = []
        for index in split.rounds.indices { seen.append(try await round(index, runtime)) }
        let summary = EvaluationSummary(rounds: seen, concepts: things.count, encoder: encoder)
        return EvaluationResult(
            figures: summary.figures, split: split, rows: seen.flatMap(\.rows), pairs: seen.flatMap(\.pairs),
            samePhotos: samePhotos, things: things, sources: sources, modelDigest: runtime.vlm.model.identity.digest,
            gridColumns: runtime.vlm.model.identity.gridColumns)
    }

    private func round(_ index: Int, _ runtime: EvaluationRuntime) async throws -> RoundSeen {
        var seen = RoundSeen()
        let owner = User(name: "owner")
        let artifacts = try await enrollAll(index, runtime, user: owner, photosEach: nil, seconds: &seen.enrollSeconds)
        // Owns every second thing and is asked about the others: nothing of theirs is in those photos.
        let neighbour = User(name: "neighbour")
        for (place, thing) in things.enumerated() where place % 2 == 0 {
            try await runtime.give(neighbour.name, concept: thing.name, artifact: artifacts[place])
        }
        try await askAll(index, runtime, owner: owner, neighbour: neighbour, seen: &seen)
        if options.pairs, things.count > 1 {
            seen.pairs = try await askAboutPairs(index, runtime, user: owner)
        }
        for user in [owner, neighbour] { await runtime.clear(user.name) }
        if options.oneShot {
            seen.oneShot = try await oneShotF1(index, runtime, seen: seen)
        }
        return seen
    }

    /// Enrolls everything in order, each thing with the earlier ones among its negatives, as a user's own would be.
    func enrollAll(
        _ round: Int, _ runtime: EvaluationRuntime, user: User, photosEach: Int?, seconds: inout [Double],
        options: EvaluationOptions? = nil
    ) async throws -> [[UInt8]] {
        let plan = split.rounds[round]
        var artifacts: [[UInt8]] = []
        for (index, thing) in things.enumerated() {
            let identifier = Identifiers.identifier(index)
            let names = plan.things[thing.name]?.enrolled ?? []
            let photos = thing.photos(names).prefix(photosEach ?? names.count)
            let start = ContinuousClock.now
            let artifact = try await runtime.enroll(
                thing, photos: Array(photos), identifier: identifier, seed: plan.seed,
                others: artifacts, options: options ?? self.options)
            seconds.append((ContinuousClock.now - start) / .seconds(1))
            artifacts.append(artifact)
            try await runtime.give(user.name, concept: thing.name, artifact: artifact)
            let spent = seconds.last?.formatted(.number.precision(.fractionLength(1))) ?? ""
            progress(
                "\(prefix(round))enrolled \(thing.name) as \(identifier) from \(photos.count) in \(spent) s "
                    + "(\(index + 1) of \(things.count))")
        }
        return artifacts
    }

    /// Everything once more with the first of the enrolled photos alone.
    private func oneShotF1(_ round: Int, _ runtime: EvaluationRuntime, seen: RoundSeen) async throws -> F1 {
        var counts = F1()
        if split.rounds[round].things.values.allSatisfy({ $0.enrolled.count == 1 }) {
            for row in seen.rows { counts.add(named: Set(row.named), wanted: [row.identifier]) }
            return counts
        }
        let user = User(name: "one-shot")
        var seconds: [Double] = []
        _ = try await enrollAll(round, runtime, user: user, photosEach: 1, seconds: &seconds)
        for (index, thing) in things.enumerated() {
            for photo in thing.photos(split.rounds[round].things[thing.name]?.tested ?? []) {
                let said = try await runtime.caption(of: try picture(photo), for: user.name)
                counts.add(named: Set(identifiers(in: said.end.text)), wanted: [Identifiers.identifier(index)])
            }
        }
        await runtime.clear(user.name)
        return counts
    }

    func picture(_ photo: Thing.Photo) throws -> RGBImage {
        try photo.picture(try photo.bytes())
    }

    /// What results must never be written over.
    private var sources: [LocalPath] {
        things.flatMap { $0.photos.map(\.file) } + [ThingFolder.captions(LocalPath(options.data))]
            + (options.splitFile.map { [LocalPath($0)] } ?? [])
    }

    /// Checks that the results can be written to a place, before the work. Throws `unwritable`.
    public func check(out path: String) throws { _ = try EvaluationFiles(path, from: sources) }

    /// Identifiers of any of the things that stand in a text.
    func identifiers(in text: String) -> [String] {
        things.indices.map(Identifiers.identifier).filter { holds(text, anyOf: [$0, $0 + "'s"]) }
    }

    func prefix(_ round: Int) -> String { split.rounds.count > 1 ? "round \(round + 1): " : "" }
}

/// A user of the runtime.
struct User {
    let name: String
}

/// What one round saw.
struct RoundSeen {
    var rows: [PhotoRow] = []
    var pairs: [PairRow] = []
    var oneShot: F1?
    var enrollSeconds: [Double] = []
    var named = Share()
    var equal = Share()
}
