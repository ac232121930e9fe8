import Evaluation
import Foundation
import Testing

/// Made-up captions with the figures that the definition's reference implementation gives for them, to four digits.
private struct TruthFixture: Decodable {
    let references: [String: [String]]
    let captions: [String: String]
    let figures: [String: Double]

    static func read() throws -> TruthFixture {
        try JSONDecoder().decode(
            Self.self, from: Data(contentsOf: EvaluationFixtures.folder.appending(path: "truth.json")))
    }
}

@Test(.timeLimit(.minutes(10))) func captionTruthIsThatOfTheReference() throws {
    let fixture = try TruthFixture.read()
    let names = fixture.captions.keys.sorted()
    let truth = try #require(
        HumanCaptions(names.compactMap { fixture.references[$0] }).truth(of: names.compactMap { fixture.captions[$0] }))
    let ours = [
        "cider_d": truth.ciderD, "content_precision": truth.content.value, "colour_precision": truth.colour.value,
        "colours_said": Double(truth.colour.all), "words_said": Double(truth.content.all), "empty": Double(truth.empty),
    ]
    #expect(ours.keys.sorted() == fixture.figures.keys.sorted())
    for (metric, value) in ours {
        #expect(abs(value - (fixture.figures[metric] ?? -1)) < 1e-4, "\(metric)")
    }
}

@Test(.timeLimit(.minutes(10))) func captionsAreReadInRunsOfLetters() {
    #expect(
        CaptionWords.words(of: "It's a BLUE-ish naïve №7 dog!") == ["it", "s", "a", "blue", "ish", "na", "ve", "dog"])
    // The capital becomes an i and a mark above it, which ends the word.
    #expect(CaptionWords.words(of: "İstanbul") == ["i", "stanbul"])
    #expect(CaptionWords.words(of: "e\u{301}t\u{301}a") == ["e", "t", "a"])
    #expect(CaptionWords.words(of: "собака и 12 — ?!").isEmpty)
}

@Test(
    .timeLimit(.minutes(10)),
    arguments: [
        ("boys", "child"), ("kids", "child"), ("puppy", "dog"), ("puppies", "pup"), ("grassy", "gras"),
        ("running", "run"),
        ("stopped", "stop"), ("berries", "ber"), ("buses", "bus"), ("bus", "bus"), ("trees", "tr"), ("gray", "grey"),
        ("golden", "gold"), ("blondes", "blond"), ("see", "s"), ("ies", "ies"), ("ing", "ing"), ("women", "woman"),
    ])
func formsOfAWordHaveOneStem(_ word: String, _ stem: String) {
    #expect(CaptionWords.stem(word) == stem)
}

@Test(.timeLimit(.minutes(10))) func wordsAreTrueWhereAPersonSaidThem() {
    let words = HumanWords(["Two boys ride a bike on gray sand", "A golden dog"])
    let verdicts: [(String, WordVerdict)] = [
        ("a", .uncounted), ("two", .uncounted), ("child", .trueContent), ("bicycle", .trueContent),
        ("riding", .trueContent), ("man", .falseContent), ("grey", .trueColour), ("gray", .trueColour),
        ("gold", .trueColour), ("red", .falseColour), ("goldfish", .falseContent),
    ]
    for (word, verdict) in verdicts { #expect(words.verdict(word) == verdict, "\(word)") }
}

@Test(.timeLimit(.minutes(10))) func errorsAreOverPhotos() throws {
    #expect(standardError([1, 2, 3]) == (1.0 / 3).squareRoot())
    #expect(standardError([1]) == nil)
    // Hits 4 of 7; deviations from the ratio -1/7, 5/7 and -4/7; their variance 3/7, and 7/3 words a photo.
    let ratio = PhotoRatio([.init(hits: 1, all: 2), .init(hits: 3, all: 4), .init(hits: 0, all: 1)])
    #expect(ratio.value == 4.0 / 7)
    #expect(abs((ratio.error ?? 0) - (1.0 / 7).squareRoot() * 3 / 7) < 1e-12)
    // Photos of one size: the error of the mean of their shares.
    let even = PhotoRatio([.init(hits: 1, all: 4), .init(hits: 3, all: 4), .init(hits: 4, all: 4)])
    #expect(abs((even.error ?? 0) - (standardError([0.25, 0.75, 1]) ?? 1)) < 1e-12)
    let none = PhotoRatio([.init(hits: 0, all: 0), .init(hits: 0, all: 0)])
    #expect(none.value == 0 && none.error == nil)
    #expect(PhotoRatio([.init(hits: 1, all: 2)]).error == nil)
}

@Test(.timeLimit(.minutes(10))) func theErrorOfCIDErIsThatOfItsPhotos() throws {
    let human = HumanCaptions([["a dog runs on sand"], ["two cats sleep"], ["a red boat"]])
    let perfect = try #require(human.truth(of: ["a dog runs on sand", "two cats sleep", "a red boat"]))
    // A text of three words has no run of four.
    #expect(abs(perfect.ciderD - (10 + 7.5 + 7.5) / 3) < 1e-9)
    #expect(abs((perfect.ciderDError ?? 0) - (standardError([10, 7.5, 7.5]) ?? 1)) < 1e-9)
    #expect(HumanCaptions([["a dog"]]).truth(of: ["a dog"])?.ciderDError == nil)
    #expect(HumanCaptions([]).truth(of: []) == nil)
}

@Test(.timeLimit(.minutes(10))) func theBestConstantIsOneOfTheHumanCaptions() {
    let human = HumanCaptions([
        ["a man on sand", "someone outside"], ["a man on a horse"], ["a man on a boat", "a boat"],
    ])
    let best = human.bestConstant(of: 200)
    let scores = ["a man on sand", "someone outside", "a man on a horse", "a man on a boat", "a boat"].map {
        ($0, human.truth(of: [$0, $0, $0])?.ciderD ?? 0)
    }
    #expect(best == scores.max { $0.1 < $1.1 }?.0)
    #expect(human.bestConstant(of: 1) == "a man on sand", "the first of those that are tried")
    #expect(HumanCaptions([]).bestConstant(of: 200) == nil)
}
