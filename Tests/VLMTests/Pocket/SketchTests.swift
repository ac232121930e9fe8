import Compute
import Foundation
import Testing
import VLM

/// Small random sketches against PyTorch: `Tools/fixtures_sketch.py`.
@Suite(.timeLimit(.minutes(10))) struct SketchTests {
    private struct Reference {
        let file: SafetensorsFile
        let sketch: Sketch
        let tags = [
            ObjectTag(name: "teddy bear", probability: 0.5), ObjectTag(name: "can", probability: 0.25),
            ObjectTag(name: "unheard of", probability: 0.04),
        ]

        init(_ seed: Int) throws {
            let folder = PocketGolden.folder.appending(path: "sketch-words.json").path()
            file = try SafetensorsFile(
                contentsOf: PocketGolden.folder.appending(path: "sketch-\(seed).safetensors").path())
            let words = [UInt8](try Data(contentsOf: URL(filePath: folder)))
            sketch = try Sketch(
                file, words: words, wordsFile: "words", heads: try #require(Int(file.metadata["heads"] ?? "")),
                features: 10)
        }

        var memory: Sketch.Memory {
            get throws { sketch.memory(map: try file.matrix("input.map"), tags: tags) }
        }
    }

    /// 32-bit sums in another order than PyTorch's: a few parts in 100,000 of numbers of size 10.
    @Test(arguments: 0..<3) func logitsEqualPyTorchs(seed: Int) throws {
        let reference = try Reference(seed)
        let line = try reference.file.int64s("input.line").map { Int($0) }
        let expected = try reference.file.matrix("expected.logits")
        let memory = try reference.memory
        var past = [reference.sketch.nothingSaid]
        for (place, word) in line.enumerated() {
            let logits = reference.sketch.step([word], &past, memory: memory)
            #expect(relativeError(logits.values, Array(expected.row(place))) < 1e-4, "word \(place)")
        }
    }

    @Test(arguments: 0..<3, [1, 3, 5]) func theSearchFindsWhatPyTorchFinds(seed: Int, beams: Int) throws {
        let reference = try Reference(seed)
        let expected = try reference.file.int64s("expected.caption.\(beams)").map { Int($0) }
        let search = SketchSearch(beams: beams, penalty: 0.7, limit: 9)
        let found = search.caption(of: reference.sketch, memory: try reference.memory)
        #expect(found.words == expected)
        #expect(!expected.isEmpty)
        if beams == 3 { #expect(abs(found.score - Double(try reference.file.floats("expected.score")[0])) < 1e-3) }
    }

    @Test(arguments: 0..<3) func aCertainTagIsNamed(seed: Int) throws {
        let reference = try Reference(seed)
        let search = SketchSearch(beams: 3, penalty: 0.7, limit: 9)
        let memory = try reference.memory
        func said(certain: Float, likely: Float, unsure: Double) -> [Int] {
            search.caption(
                of: reference.sketch, memory: memory, tags: reference.tags,
                naming: TagNaming(certain: certain, likely: likely, unsure: unsure))
        }
        let free = search.caption(of: reference.sketch, memory: memory)
        let begun = try reference.file.int64s("expected.begun").map { Int($0) }
        #expect(reference.sketch.vocabulary.text(begun).hasPrefix("a teddy bear"))
        #expect(search.caption(of: reference.sketch, memory: memory, start: Array(begun.prefix(3))).words == begun)
        let isNamed = reference.sketch.vocabulary.text(free.words).split(separator: " ").contains("bear")
        let named = isNamed ? free.words : begun
        #expect(said(certain: 0.5, likely: 1, unsure: 0) == named)
        #expect(said(certain: 0.51, likely: 0.5, unsure: free.score + 0.1) == named)
        #expect(said(certain: 0.51, likely: 0.5, unsure: free.score - 0.1) == free.words)
        #expect(said(certain: 0.51, likely: 0.51, unsure: 0) == free.words)
    }

    @Test(arguments: [
        ("dog", "a dog"), ("owl", "an owl"), ("unicycle", "a unicycle"), ("jeans", "jeans"), ("glass", "a glass"),
        ("bus", "a bus"), ("bread", "bread"), ("teddy bear", "a teddy bear"),
    ]) func tagsAreSpelledWithTheirArticle(tag: String, spelled: String) throws {
        #expect(try #require(NamedTag(tag)).spelled == spelled)
    }

    @Test func aTagsNounCountsInBothNumbers() throws {
        #expect(try #require(NamedTag("wine glass")).nouns == ["glass", "glasss", "glasses", "glas"])
        #expect(try #require(NamedTag("jeans")).nouns.contains("jean"))
        #expect(NamedTag("") == nil)
    }

    /// Lines are stepped together; each as it would be alone.
    @Test func linesDoNotSeeEachOther() throws {
        let reference = try Reference(1)
        let memory = try reference.memory
        var together = [Sketch.Said](repeating: reference.sketch.nothingSaid, count: 2)
        var alone = [reference.sketch.nothingSaid]
        for words in [[2, 2], [9, 14], [11, 7]] {
            let both = reference.sketch.step(words, &together, memory: memory)
            let one = reference.sketch.step([words[0]], &alone, memory: memory)
            #expect(Array(both.row(0)) == one.values)
        }
        // A line that is continued in two ways is two lines from there on.
        var forked = [alone[0], alone[0]]
        let first = reference.sketch.step([7, 9], &forked, memory: memory)
        #expect(Array(first.row(0)) == reference.sketch.step([7], &alone, memory: memory).values)
        let second = reference.sketch.step([8, 8], &forked, memory: memory)
        #expect(Array(second.row(0)) == reference.sketch.step([8], &alone, memory: memory).values)
        #expect(second.row(0) != second.row(1))
    }

    @Test func wordsAreWrittenAsPeopleWriteThem() throws {
        let marks = ["<pad>", "<end>", "<caption>", "<question>", "<answer>", "<unknown>"]
        let json = try JSONEncoder().encode(marks + ["a", "man", "'s", "t-shirt"])
        let vocabulary = try SketchVocabulary(json: Array(json), file: "words")
        #expect(vocabulary.text([2, 6, 7, 8, 9, 1]) == "a man's t-shirt")
        #expect(vocabulary.numbers(of: "Man, T-shirt of nothing") == [7, 9])
    }

    @Test(arguments: ["[]", "[\"a\", \"man\"]", "{}", "no"]) func aListWithoutMarksIsRefused(json: String) {
        #expect(throws: VLMError.self) { try SketchVocabulary(json: Array(json.utf8), file: "words") }
    }

    @Test func tensorsThatDoNotFitAreNamed() throws {
        let reference = try Reference(0)
        let words = [UInt8](
            try Data(contentsOf: URL(filePath: PocketGolden.folder.appending(path: "sketch-words.json").path())))
        #expect(throws: VLMError.self) {
            try Sketch(reference.file, words: words, wordsFile: "words", heads: 5, features: 10)
        }
        #expect(throws: VLMError.self) {
            try Sketch(reference.file, words: words, wordsFile: "words", heads: 2, features: 11)
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct VisualPoolTests {
    /// torch.nn.functional.adaptive_avg_pool2d(torch.arange(49.).view(1, 1, 7, 7), 4)
    @Test func fewerPlacesAreMeansOfOverlappingWindows() {
        let map = Matrix(rows: 49, columns: 1, values: (0..<49).map { Float($0) })
        let expected: [Float] = [4, 5.5, 7.5, 9, 14.5, 16, 18, 19.5, 28.5, 30, 32, 33.5, 39, 40.5, 42.5, 44]
        #expect(VisualPool(side: 7, places: 4)(map).values == expected)
        #expect(VisualPool(side: 7, places: 7)(map) == map)
    }

    @Test func sharesKeepTheirSum() {
        let shares: [Float] = (0..<16).map { Float($0) / 120 }
        let cells = VisualPool(side: 7, places: 4).spread(shares)
        #expect(cells.count == 49 && abs(cells.reduce(0, +) - 1) < 1e-5)
        #expect(cells[48] > cells[0])
    }
}
