import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct WordRowsTests {
    private static func file(weight: [Int], bias: Int) throws -> SafetensorsFile {
        var writer = SafetensorsWriter()
        writer.add("weight", shape: weight, floats: (0..<weight.reduce(1, *)).map(Float.init), as: .f16)
        writer.add("bias", shape: [bias], floats: (0..<bias).map { 10 * Float($0 + 1) }, as: .f32)
        return try SafetensorsFile(bytes: writer.encoded())
    }

    @Test func aWordIsOneMoreClass() throws {
        let words = try WordRows(Self.file(weight: [2, 3], bias: 2), features: 3)
        #expect(words.count == 2)
        // Rows [0 1 2] and [3 4 5], biases 10 and 20.
        #expect(words.logits(pooled: [1, 2, 0.5]) == [13, 33.5])
        let table = TagTable(classTags: ["cup", "dog", "toy"], count: 1, minimum: 0)
        #expect(table.tags(logits: [1, 2] + words.logits(pooled: [0, 0, 0]).prefix(1)).map(\.name) == ["toy"])
    }

    @Test(arguments: [([2, 4], 2), ([2, 3], 3), ([2, 3], 0)])
    func rowsThatDoNotFitAreRefused(weight: [Int], bias: Int) throws {
        let file = try Self.file(weight: weight, bias: bias)
        let error = #expect(throws: VLMError.self) { try WordRows(file, features: 3) }
        #expect(error?.code == .checkpointMalformed)
    }
}
