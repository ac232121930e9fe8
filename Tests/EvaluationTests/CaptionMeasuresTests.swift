import Evaluation
import Foundation
import Testing

@Test(.timeLimit(.minutes(10))) func ciderIsThatOfTheReference() throws {
    let reference = try EvaluationFixtures.read().cider
    let score = CIDEr.score(zip(reference.candidates, reference.references).map { (candidate: $0, references: $1) })
    #expect(abs((score ?? -1) - reference.score) < 1e-9)
    #expect(CIDEr.score([]) == nil)
}

@Test(.timeLimit(.minutes(10))) func bleuFollowsThePaper() throws {
    // Papineni and others, example 2: clipping; a candidate of one word over and over has 2/7 for single words.
    let clipped = BLEU.score(
        [("the the the the the the the", ["the cat is on the mat", "there is a cat on the mat"])], order: 1)
    #expect(abs((clipped ?? -1) - 2.0 / 7) < 1e-12)
    let equal = BLEU.score([("a mug is on a table", ["a mug is on a table"])])
    #expect(abs((equal ?? -1) - 1) < 1e-12)
    // Three of five words, all runs right: only the brevity penalty is left.
    let short = BLEU.score([("one two three four", ["one two three four five"])])
    #expect(abs((short ?? -1) - exp(1 - 5.0 / 4)) < 1e-12)
    #expect(BLEU.score([("a b c", ["x y z"])]) == 0)
    #expect(BLEU.score([]) == nil)
}

@Test(.timeLimit(.minutes(10))) func identifiersBecomeNouns() {
    #expect(replacing("Zibo", in: "Zibo's lid, and Zibo.", with: "mug") == "mug lid and mug")
    #expect(replacing("Zi bo", in: "a Zi bo on Zi", with: "toy robot") == "a toy robot on zi")
    #expect(replacing("mug", in: "a mug", with: "mug") == "a mug")
}

@Test(.timeLimit(.minutes(10))) func intervalsAreStudents() {
    #expect(halfInterval([0.5]) == nil)
    // mean 2, deviation 1, t(2) = 4.303
    #expect(abs((halfInterval([1, 2, 3]) ?? 0) - 4.303 / 3.0.squareRoot()) < 1e-9)
    #expect(halfInterval([0.9, 0.9, 0.9, 0.9, 0.9]) ?? 1 < 1e-12)
}

@Test(.timeLimit(.minutes(10))) func f1CountsOverAllAnswers() {
    var counts = F1()
    #expect(counts.value == nil)
    counts.add(named: ["a"], wanted: ["a", "b"])
    counts.add(named: ["a", "c"], wanted: ["a"])
    #expect(counts.right == 2 && counts.wrong == 1 && counts.missing == 1)
    #expect(counts.value == 4.0 / 6)
}
