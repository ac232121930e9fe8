import Evaluation
import Foundation
import Runtime
import Testing
import VLM
import VLMTestSupport

/// A whole evaluation on the small random model: what it says means nothing, but every figure is there and the page
/// holds what was seen.
@Suite(.timeLimit(.minutes(10))) struct EvaluatorTests {
    private func folder(things: Int, photos: Int, box: [Int] = [30, 20, 60, 60]) throws -> URL {
        let root = FileManager.default.temporaryDirectory.appending(path: "evaluation-\(UUID().uuidString)")
        var captions: [String: Any] = [:]
        for thing in 0..<things {
            let name = "<thing\(thing)>"
            let folder = root.appending(path: name)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for photo in 0..<photos {
                let picture = TinyPicture.picture(of: UInt64(thing + 1), view: UInt64(photo))
                try Data(picture.resized(width: 120, height: 90).encodedPNG())
                    .write(to: folder.appending(path: "\(photo).png"))
            }
            captions[name] = [
                "class_noun": "cup", "images": ["\(photos - 1).png": ["{concept} is on a table"]],
                "boxes": Dictionary(uniqueKeysWithValues: (0..<photos).map { ("\($0).png", box) }),
            ]
        }
        try JSONSerialization.data(withJSONObject: captions).write(to: root.appending(path: "captions.json"))
        return root
    }

    private func runtime() throws -> EvaluationRuntime {
        let model = try TinyVLM.make()
        return try EvaluationRuntime(
            model: model,
            negatives: try NegativeFeatures(features: model.negatives.features, mean: model.negatives.mean), faces: nil)
    }

    @Test func aWholeEvaluationIsWrittenDown() async throws {
        let root = try folder(things: 2, photos: 3)
        defer { try? FileManager.default.removeItem(at: root) }
        var options = EvaluationOptions(data: root.path(percentEncoded: false), model: "")
        options.shots = 2
        options.seeds = 2
        let encoder = try SentenceEncoder(
            directory: EvaluationFixtures.folder.appending(path: "encoder").path(percentEncoded: false))
        let runtime = try runtime()
        defer { runtime.shutDown() }
        let result = try await Evaluator(options) { _ in }.run(runtime, encoder: encoder)
        let figures = Dictionary(uniqueKeysWithValues: result.figures.map { ($0.metric, $0) })
        for metric in [
            "head_sensitivity", "head_specificity", "identifier_recall", "oneshot_f1", "two_concepts_f1",
            "text_similarity", "text_similarity_simple_replacement", "text_similarity_llm_guided", "class_named_share",
            "personal_words_said", "cider", "bleu4", "enroll_seconds_median",
        ] {
            #expect(figures[metric]?.value != nil, "\(metric)")
        }
        #expect(figures["frozen_bit_equal"]?.value ?? 1 == 1)
        #expect(figures["test_photos"]?.value == 4, "two things, one photo each, two rounds")
        #expect(figures["head_sensitivity"]?.interval != nil)
        #expect(figures["two_concepts_pictures"]?.value == 4)
        for row in result.rows where row.fired.contains(row.thing) {
            #expect(row.attention?.count == 16)
            #expect(row.attention?.allSatisfy { (0...1).contains($0) } == true)
            // Who tells places of this model, each with a box, inside of the 120 x 90 pixels.
            let told = try #require(row.place?.told)
            #expect(Set(told.keys) == ["head", "attention", "photo"] && told["photo"] == [0, 0, 120, 90])
            #expect(told.values.allSatisfy { $0.count == 4 && $0[0] + $0[2] <= 120.001 && $0[1] + $0[3] <= 90.001 })
            #expect(row.place?.truth == [30, 20, 60, 60])
        }
        let placed = result.rows.filter { $0.place != nil }
        #expect(placed.allSatisfy { $0.fired.contains($0.thing) })
        #expect(figures["box_photos"]?.value == Double(placed.count))
        #expect(figures["box_iou_mean_photo"]?.value.map { abs($0 - 1.0 / 3) < 1e-6 } ?? placed.isEmpty)
        #expect(figures["box_iou_mean_words"]?.value == nil)

        let files = try result.write(to: root.appending(path: "result").path(percentEncoded: false))
        #expect(
            files.map { $0.split(separator: "/").last ?? "" } == ["result.json", "result.split.json", "result.html"])
        #expect(try EvaluationSplit(contentsOf: files[1]) == result.split)
        let page = try String(contentsOfFile: files[2], encoding: .utf8)
        #expect(page.contains("data:image/jpeg;base64,") && page.contains("two_concepts_f1"))
        #expect(!page.contains("<thing0>") && page.contains("&lt;thing0&gt;"), "names are data, not markup")
        #expect(!page.contains("http"), "the page needs nothing else")
    }

    /// Both baselines need nothing of a backbone but its frozen captions and its language side.
    @Test(arguments: ["blip2-opt", "blip2-t5"]) func theBaselinesRunOnABackboneWithAQFormer(_ name: String) async throws
    {
        let root = try folder(things: 2, photos: 3)
        defer { try? FileManager.default.removeItem(at: root) }
        let fixture = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "VLMTests/Fixtures/checkpoints-hub/\(name)/model")
        let model = try VLMLoader.load(directory: fixture.path(percentEncoded: false))
        let pooled = try (0..<12).map { try model.features(of: TinyPicture.picture(of: 5_000_000 + $0)).pooled }
        let runtime = try EvaluationRuntime(
            model: model, negatives: try NegativeFeatures(NegativeBank(pooled: pooled)), faces: nil)
        defer { runtime.shutDown() }
        var options = EvaluationOptions(data: root.path(percentEncoded: false), model: "")
        options.shots = 2
        options.pairs = false
        options.training.steps = 3
        let result = try await Evaluator(options) { _ in }.run(runtime, encoder: nil)
        let figures = Dictionary(uniqueKeysWithValues: result.figures.map { ($0.metric, $0) })
        #expect(figures["identifier_recall"]?.value != nil && figures["frozen_bit_equal"]?.value ?? 1 == 1)
        #expect(
            !result.rows.isEmpty
                && result.rows.allSatisfy { $0.simpleReplacement != nil && $0.guidedReplacement != nil })
    }

    @Test func ablationsChangeEmbeddingsAlone() async throws {
        let root = try folder(things: 2, photos: 4)
        defer { try? FileManager.default.removeItem(at: root) }
        var options = EvaluationOptions(data: root.path(percentEncoded: false), model: "")
        options.shots = 3
        let runtime = try runtime()
        defer { runtime.shutDown() }
        let outcomes = try await AblationStudy(options) { _ in }.run(runtime, encoder: nil)
        #expect(outcomes.map(\.variant) == AblationStudy.Variant.allCases)
        #expect(outcomes[0].variant == .full)
        for outcome in outcomes {
            #expect(outcome.figures.map(\.metric) == outcomes[0].figures.map(\.metric))
            #expect(outcome.figures.contains { $0.metric == "identifier_recall_unprompted" && $0.value != nil })
        }
    }

    @Test func oneSplitOneResult() async throws {
        let root = try folder(things: 2, photos: 3)
        defer { try? FileManager.default.removeItem(at: root) }
        var options = EvaluationOptions(data: root.path(percentEncoded: false), model: "")
        options.shots = 1
        (options.pairs, options.baselines) = (false, false)
        let runtime = try runtime()
        defer { runtime.shutDown() }
        let first = try await Evaluator(options) { _ in }.run(runtime, encoder: nil)
        options.split = first.split
        let second = try await Evaluator(options) { _ in }.run(runtime, encoder: nil)
        func bare(_ rows: [PhotoRow]) -> [PhotoRow] {
            rows.map { row in
                var row = row
                row.seconds = 0
                return row
            }
        }
        #expect(bare(first.rows) == bare(second.rows))
        let figures = Dictionary(uniqueKeysWithValues: first.figures.map { ($0.metric, $0) })
        #expect(figures["oneshot_f1"]?.value == figures["identifier_f1"]?.value, "one photo was all there was")
        #expect(figures["text_similarity"]?.value == nil && figures["two_concepts_f1"]?.value == nil)
    }

    @Test func aBoxBesideThePhotoIsTold() async throws {
        let root = try folder(things: 1, photos: 2, box: [120, 10, 5, 5])
        defer { try? FileManager.default.removeItem(at: root) }
        var options = EvaluationOptions(data: root.path(percentEncoded: false), model: "")
        options.shots = 1
        (options.pairs, options.baselines, options.oneShot, options.unprompted) = (false, false, false, false)
        options.training.steps = 2
        let runtime = try runtime()
        defer { runtime.shutDown() }
        let error = await #expect(throws: EvaluationError.self) {
            _ = try await Evaluator(options) { _ in }.run(runtime, encoder: nil)
        }
        #expect(error?.code == .badInput && error?.message.contains("outside of its 120 x 90 pixels") == true)
    }

    @Test func optionsThatCannotBeAreRefused() throws {
        let root = try folder(things: 1, photos: 2)
        defer { try? FileManager.default.removeItem(at: root) }
        var options = EvaluationOptions(data: root.path(percentEncoded: false), model: "")
        options.things = ["nothing"]
        #expect(throws: EvaluationError.self) { try Evaluator(options) { _ in } }
        options.things = nil
        options.shots = 0
        #expect(throws: EvaluationError.self) { try Evaluator(options) { _ in } }
        options.data = root.appending(path: "nowhere").path(percentEncoded: false)
        #expect(throws: EvaluationError.self) { try Evaluator(options) { _ in } }
    }
}
