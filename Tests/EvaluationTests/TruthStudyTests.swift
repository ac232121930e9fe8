import Evaluation
import Foundation
import Runtime
import Synchronization
import Testing
import VLM
import VLMTestSupport

/// A whole measurement on the small random model: what it says means nothing, but every figure is there, what cannot be
/// used is left out, and the page holds what was seen.
@Suite(.timeLimit(.minutes(10))) struct TruthStudyTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private func runtime() throws -> EvaluationRuntime {
        let model = try TinyVLM.make()
        return try EvaluationRuntime(
            model: model,
            negatives: try NegativeFeatures(features: model.negatives.features, mean: model.negatives.mean), faces: nil)
    }

    private func values(_ result: TruthResult) -> [String: Double?] {
        Dictionary(uniqueKeysWithValues: result.figures.map { ($0.metric, $0.value) })
    }

    @Test func everyFigureIsThereAndBadPhotosAreLeftOut() async throws {
        let folder = try TruthFolders()
        defer { folder.remove() }
        for (name, thing) in [("a & <b>.png", 1), ("b.png", 2), ("asked.png", 4)] as [(String, UInt64)] {
            try folder.add(name, of: thing)
        }
        try folder.add("turned.jpg", TruthFolders.turned())
        try folder.add("tiny.png", RGBImage(width: 1, height: 1, pixels: [200, 0, 0]).encodedPNG())
        let whole = try TinyPicture.picture(of: 5).encodedPNG()
        try folder.add("broken.png", Array(whole.prefix(whole.count / 2)))
        try folder.add("empty.png", [])
        try folder.add("text.jpg", Array("no picture".utf8))
        try folder.write(
            """
            {"a & <b>.png": ["A <i>red</i> cup & \\"saucer\\"", "A cup"], "b.png": ["A dog on sand", "Dog"],
             "turned.jpg": ["A tall tree"], "tiny.png": ["A dot"], "broken.png": ["Half"], "empty.png": ["Nothing"],
             "text.jpg": ["Words"], "gone.png": ["Gone"]}
            """, to: "captions.json")
        try folder.write(
            """
            {"a & <b>.png": [{"question": "Is it <red>?", "answer": "yes"}],
             "asked.png": [{"question": "Is it <red>?", "answer": "no"}, {"question": "What?", "answer": "<cup>"}]}
            """, to: "questions.json")

        let lines = Lines()
        let runtime = try runtime()
        defer { runtime.shutDown() }
        let study = try TruthStudy(folder.options) { lines.add($0) }
        let result = try await study.run(runtime)
        let figures = values(result)
        for metric in ["cider_d", "content_precision", "colour_precision", "colours_said", "words_said", "empty"] {
            for suffix in ["", "_constant", "_grey"] {
                #expect(figures[metric + suffix] ?? nil != nil, "\(metric)\(suffix)")
            }
        }
        #expect(figures["cider_d_error"] ?? nil != nil)
        #expect(figures["content_precision_error"] != nil && figures["colour_precision_error"] != nil)
        #expect(figures["yes_no_balanced_constant"] == 0.5 && figures["yes_no_questions"] == 2)
        #expect(figures["short_answer_accuracy_constant"] == 1 && figures["short_questions"] == 1)
        #expect(figures["yes_no_balanced_grey"] ?? nil != nil && figures["short_answer_accuracy_grey"] ?? nil != nil)
        #expect(figures["captioned_photos"] == 4 && figures["skipped_photos"] == 4)
        for name in ["broken.png", "empty.png", "gone.png", "text.jpg"] {
            #expect(lines.all.contains { $0.hasPrefix("skipped \(name)") }, "\(name)")
        }
        #expect(result.photos.map(\.photo.name) == ["a & <b>.png", "asked.png", "b.png", "tiny.png", "turned.jpg"])
        #expect(result.photos.map { $0.caption == nil } == [false, true, false, false, false])

        let out = folder.file("page.html")
        try study.check(out: out)
        try result.write(to: out)
        let page = try String(contentsOfFile: out, encoding: .utf8)
        #expect(page.components(separatedBy: "data:image/jpeg;base64,").count == 6)
        #expect(page.contains("width=\"180\" height=\"240\" alt=\"turned.jpg\""), "it is upright")
        #expect(page.contains("alt=\"a &amp; &lt;b&gt;.png\""))
        #expect(page.contains("A &lt;i&gt;red&lt;/i&gt; cup &amp; &quot;saucer&quot;") && !page.contains("<i>"))
        #expect(page.contains("Is it &lt;red&gt;?") && !page.contains("<red>") && !page.contains("<cup>"))
        #expect(page.contains("yes_no_balanced_grey") && page.contains("people: &lt;cup&gt;"))
        #expect(!page.contains("http"), "the page needs nothing else")
        #expect(throws: EvaluationError.self) { try study.check(out: folder.file("captions.json")) }
        #expect(throws: EvaluationError.self) { try study.check(out: folder.file("images/b.png")) }
    }

    /// Neither the order of the answers nor who else is asked about changes what is said.
    @Test func oneFolderOneResult() async throws {
        let folder = try TruthFolders()
        defer { folder.remove() }
        for place in 1...10 { try folder.add("\(place).png", of: UInt64(place)) }
        let captions = Dictionary(uniqueKeysWithValues: (1...10).map { ("\($0).png", ["a red cup"]) })
        try folder.write(String(decoding: JSONEncoder().encode(captions), as: UTF8.self), to: "captions.json")
        let runtime = try runtime()
        defer { runtime.shutDown() }
        let all = try await TruthStudy(folder.options) { _ in }.run(runtime)
        let again = try await TruthStudy(folder.options) { _ in }.run(runtime)
        #expect(all.figures == again.figures && all.photos.map(\.caption) == again.photos.map(\.caption))
        var options = folder.options
        options.limit = 2
        let some = try await TruthStudy(options) { _ in }.run(runtime)
        #expect(some.photos.map(\.photo.name) == ["1.png", "10.png"])
        #expect(some.photos.map(\.caption) == all.photos.prefix(2).map(\.caption))
        let figures = values(all)
        #expect(figures["yes_no_balanced"] == .some(nil) && figures["short_answer_accuracy_grey"] == .some(nil))
        #expect(figures["yes_no_questions"] == 0)
    }

    @Test func questionsNeedNoCaptions() async throws {
        let folder = try TruthFolders()
        defer { folder.remove() }
        try folder.add("a.png")
        try folder.write(#"{"a.png": [{"question": "Is it?", "answer": "no"}]}"#, to: "questions.json")
        let lines = Lines()
        let runtime = try runtime()
        defer { runtime.shutDown() }
        let figures = values(try await TruthStudy(folder.options) { lines.add($0) }.run(runtime))
        #expect(figures["cider_d"] == .some(nil) && figures["words_said"] == .some(nil))
        #expect(figures["captioned_photos"] == 0 && figures["yes_no_questions"] == 1)
        #expect(lines.all.contains { $0.hasPrefix("no photo has captions") })
    }

    @Test func photosThatAreAllBrokenAreAnError() async throws {
        let folder = try TruthFolders()
        defer { folder.remove() }
        try folder.add("a.png", [1, 2, 3])
        try folder.write(#"{"a.png": ["A cup"]}"#, to: "captions.json")
        let runtime = try runtime()
        defer { runtime.shutDown() }
        let error = await #expect(throws: EvaluationError.self) {
            try await TruthStudy(folder.options) { _ in }.run(runtime)
        }
        #expect(error?.code == .badInput && error?.message.contains("a.png") == true)
    }
}

@Test(.timeLimit(.minutes(10))) func whatIsFalseIsMarked() {
    let words = HumanWords(["A dog runs on white sand"])
    let marked = MarkedCaption.html("A <Red> DOG & a cat, running.", beside: words)
    #expect(
        marked == "A &lt;<mark class=\"colour\">Red<sup aria-hidden=\"true\">◇</sup>"
            + "<span class=\"spoken\"> (false colour)</span></mark>&gt; DOG &amp; a "
            + "<mark class=\"content\">cat<sup aria-hidden=\"true\">✗</sup>"
            + "<span class=\"spoken\"> (false word)</span></mark>, running.")
    #expect(MarkedCaption.html("", beside: words) == "")
}

/// `"` with a mark above it is one character to Swift and the end of an attribute to a browser.
@Test(.timeLimit(.minutes(10))) func marksThatCombineEscapeNothing() {
    #expect(HTML.escaped("\"\u{301} <\u{338}b>") == "&quot;\u{301} &lt;\u{338}b&gt;")
    #expect(HTML.escaped("it's & so") == "it&#39;s &amp; so")
}
