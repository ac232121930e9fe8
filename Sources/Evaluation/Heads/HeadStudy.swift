import Compute
import Foundation
import Foundations
import Runtime
import VLM

/// Heads alone, without the embeddings: this project's against MyVLM's published recipe, and whether scores mean
/// probabilities.
public struct HeadStudy: Sendable {
    /// Views of each photo the published recipe draws from, the photo itself among them.
    private static let views = 6

    private let options: EvaluationOptions
    private let evaluator: Evaluator

    /// Reads the folder and the split. Throws as `Evaluator`.
    public init(_ options: EvaluationOptions, progress: @escaping @Sendable (String) -> Void) throws {
        var options = options
        // A head does not depend on its embedding: one step of one row is enough to get an artifact.
        options.training.tokens = 1
        options.training.steps = 1
        self.options = options
        evaluator = try Evaluator(options, progress: progress)
    }

    /// The figures, and the reliability plot as SVG.
    public func run() async throws -> (figures: [Figure], svg: String) {
        for pair in evaluator.samePhotos { evaluator.progress("warning: \(pair.warning)") }
        let runtime = try EvaluationRuntime(modelDirectory: options.model)
        defer { runtime.shutDown() }
        return try await run(runtime)
    }

    package func run(_ runtime: EvaluationRuntime) async throws -> (figures: [Figure], svg: String) {
        var scores: [(score: Double, present: Bool)] = []
        var own = Rounds()
        var published = Rounds()
        for round in evaluator.split.rounds.indices {
            var seconds: [Double] = []
            let user = User(name: "owner")
            _ = try await evaluator.enrollAll(round, runtime, user: user, photosEach: nil, seconds: &seconds)
            own.begin()
            for (thing, photo) in try tested(round) {
                let report = try await runtime.recognize(try evaluator.picture(photo), for: user.name)
                for recognition in report.recognitions where recognition.kind == .object {
                    let present = recognition.concept == thing
                    scores.append((Double(recognition.score), present))
                    own.add(fired: recognition.fired, present: present)
                }
            }
            await runtime.clear(user.name)
            published.begin()
            try publishedRecipe(round, runtime, &published)
        }
        let reliability = Reliability(scores)
        func figure(_ metric: String, _ values: [Double?]) -> Figure {
            Figure(metric: metric, unit: "share", rounds: values)
        }
        let figures = [
            figure("head_sensitivity", own.sensitivity), figure("head_specificity", own.specificity),
            figure("published_head_sensitivity", published.sensitivity),
            figure("published_head_specificity", published.specificity),
            Figure(metric: "calibration_error", unit: "share", rounds: [reliability.error]),
            Figure(metric: "brier", unit: "score", rounds: [reliability.brier]),
        ]
        return (figures, reliability.svg(title: "Scores of object heads"))
    }

    /// Half of the bank to train on, as the published code splits its negatives; pictures of other things are new to it.
    private func publishedRecipe(_ round: Int, _ runtime: EvaluationRuntime, _ seen: inout Rounds) throws {
        let model = runtime.vlm.model
        let bank = model.negatives.features
        let negatives = stride(from: 0, to: bank.rows, by: 2).map { Self.unit(Array(bank.row($0))) }
        guard !negatives.isEmpty else {
            throw EvaluationError(.unavailable, "the model has no bank of negatives: make one with `myvlmd bank`")
        }
        let pictures = try tested(round).map { (thing: $0.0, feature: try feature($0.1, model)) }
        for thing in evaluator.things where thing.kind == "object" {
            let plan = evaluator.split.rounds[round]
            var generator = SplitMix64(seed: plan.seed)
            let photos = try thing.photos(plan.things[thing.name]?.enrolled ?? []).map { photo in
                let picture = try evaluator.picture(photo)
                return try (0..<Self.views).map { view in
                    let shown = view == 0 ? picture : ImageAugmentation.head.applied(to: picture, using: &generator)
                    return Self.unit(try model.features(of: shown).pooled)
                }
            }
            let head = PublishedHeadTrainer.train(photos: photos, negatives: negatives, seed: plan.seed)
            for picture in pictures {
                let logit = ObjectHead.logits(of: [head], direction: picture.feature)[0]
                seen.add(fired: ObjectHead.probability(logit) >= 0.5, present: picture.thing == thing.name)
            }
        }
    }

    private func tested(_ round: Int) throws -> [(String, Thing.Photo)] {
        evaluator.things.flatMap { thing in
            thing.photos(evaluator.split.rounds[round].things[thing.name]?.tested ?? []).map { (thing.name, $0) }
        }
    }

    private func feature(_ photo: Thing.Photo, _ model: any FrozenVLM) throws -> [Float] {
        Self.unit(try model.features(of: try evaluator.picture(photo)).pooled)
    }

    private static func unit(_ feature: [Float]) -> [Float] {
        let norm = feature.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
        return feature.map { $0 / max(norm, 1e-12) }
    }
}

/// Sensitivity and specificity of each round.
private struct Rounds {
    private var present: [Share] = []
    private var absent: [Share] = []

    mutating func begin() {
        present.append(Share())
        absent.append(Share())
    }

    mutating func add(fired: Bool, present isPresent: Bool) {
        if isPresent { present[present.count - 1].add(fired) } else { absent[absent.count - 1].add(!fired) }
    }

    var sensitivity: [Double?] { present.map(\.value) }
    var specificity: [Double?] { absent.map(\.value) }
}
