import Foundation
import Runtime

/// One run of the quality suite.
struct QualityEvaluation {
    /// Owns every concept.
    private static let owner = "owner"
    /// Owns every second thing and is asked about the others: nothing of theirs is in those photos.
    private static let neighbour = "neighbour"

    let lab: Lab
    let things: [Thing]

    struct Result {
        let measurements: [Measurement]
        let rows: [PhotoRow]
    }

    func run() async throws -> Result {
        let enrollSeconds = try await enrollAll()
        let synonyms = try JSONDecoder().decode(
            [String: [String]].self, from: Data(PackageResources.Synonyms_json))
        var rows: [PhotoRow] = []
        var captionSeconds: [Double] = []
        var frozen = Share()
        var named = Share()
        for (index, thing) in things.enumerated() {
            Output.progress("asking about \(thing.name) (\(index + 1) of \(things.count))")
            for photo in thing.enrolled + thing.tested {
                let image = [UInt8](try Data(contentsOf: photo.file))
                let plain = try await lab.caption(of: image, for: Self.owner, frozen: true)
                if let noun = thing.classNoun {
                    named.add(holds(plain.text, anyOf: synonyms[noun] ?? [noun]))
                }
                guard thing.tested.contains(where: { $0.file == photo.file }) else { continue }
                let row = try await ask(about: photo, of: index, image: image, plain: plain)
                rows.append(row)
                captionSeconds.append(row.seconds)
                if let equal = row.equalsFrozen { frozen.add(equal) }
                if index % 2 == 1 {
                    let answer = try await lab.caption(of: image, for: Self.neighbour)
                    if answer.recognitions.isEmpty { frozen.add(isSame(answer, plain)) }
                }
            }
        }
        lab.shutDown()
        let measures = QualityMeasures(rows: rows, concepts: things.count)
        return Result(
            measurements: [
                line("head_sensitivity", measures.headSensitivity, "share"),
                line("head_specificity", measures.headSpecificity, "share"),
                line("identifier_recall", measures.identifierRecall, "share"),
                line("identifier_precision", measures.identifierPrecision, "share"),
                line("enroll_seconds_median", median(enrollSeconds), "s"),
                line("caption_seconds_median", median(captionSeconds), "s"),
                line("class_named_share", named.value, "share"),
                line("frozen_bit_equal", frozen.value.map { $0 == 1 ? 1 : 0 }, "bool"),
                line("frozen_compared", Double(frozen.all), "answers"),
                line("test_photos", Double(rows.count), "photos"),
                line("concepts", Double(things.count), "concepts"),
            ], rows: rows)
    }

    /// Enrolls everything in order, each thing with the earlier ones among its negatives, as a user's own would be.
    private func enrollAll() async throws -> [Double] {
        var artifacts: [[UInt8]] = []
        var seconds: [Double] = []
        for (index, thing) in things.enumerated() {
            let identifier = Identifiers.identifier(index)
            let start = ContinuousClock.now
            let artifact = try await lab.enroll(thing, identifier: identifier, others: artifacts)
            seconds.append((ContinuousClock.now - start) / .seconds(1))
            artifacts.append(artifact)
            try await lab.give(Self.owner, concept: thing.name, artifact: artifact)
            if index % 2 == 0 { try await lab.give(Self.neighbour, concept: thing.name, artifact: artifact) }
            let spent = seconds[index].formatted(.number.precision(.fractionLength(1)))
            Output.progress("enrolled \(thing.name) as \(identifier) in \(spent) s (\(index + 1) of \(things.count))")
        }
        return seconds
    }

    private func ask(about photo: Thing.Photo, of index: Int, image: [UInt8], plain: AnswerEnd) async throws -> PhotoRow
    {
        let thing = things[index]
        let start = ContinuousClock.now
        let answer = try await lab.caption(of: image, for: Self.owner)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let report = try await lab.recognize(image, for: Self.owner)
        let own = report.recognitions.first { $0.concept == thing.name }
        let fired = answer.recognitions.map(\.concept).sorted()
        return PhotoRow(
            thing: thing.name, photo: photo.file.lastPathComponent, identifier: Identifiers.identifier(index),
            fired: fired, score: own?.score ?? 0, threshold: own?.threshold ?? 0, caption: answer.text,
            named: things.indices.map(Identifiers.identifier).filter { holds(answer.text, anyOf: [$0]) },
            frozenCaption: plain.text, equalsFrozen: fired.isEmpty ? isSame(answer, plain) : nil, seconds: seconds)
    }

    /// Whether two greedy answers are the same, token for token as far as an answer shows its tokens.
    private func isSame(_ one: AnswerEnd, _ other: AnswerEnd) -> Bool {
        one.text == other.text && one.timings.tokens == other.timings.tokens && one.finish == other.finish
    }

    private func line(_ metric: String, _ value: Double?, _ unit: String) -> Measurement {
        Measurement(suite: "quality", metric: metric, value: value, unit: unit)
    }
}

/// How many of how many.
private struct Share {
    private(set) var hits = 0
    private(set) var all = 0

    mutating func add(_ hit: Bool) {
        all += 1
        hits += hit ? 1 : 0
    }

    /// nil of nothing.
    var value: Double? { all > 0 ? Double(hits) / Double(all) : nil }
}
