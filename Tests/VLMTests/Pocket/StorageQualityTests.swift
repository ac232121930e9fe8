import Compute
import Foundation
import Testing
import VLM

/// What each storage costs SmolLM2 on a text: its perplexity against that of 32-bit weights.
@Suite(.timeLimit(.minutes(10)), .enabled(if: InstalledModel.isPresent, "\(InstalledModel.hint)"), .serialized)
struct StorageQualityTests {
    /// Plain prose, written for this test.
    private static let text = """
        The ferry left the island a little after seven, when the fog had lifted far enough for the captain to see the \
        first buoy. On the upper deck a woman in a yellow raincoat was feeding crumbs to the gulls, although a sign \
        asked people not to. Her son counted the birds aloud and lost his place each time one of them dived. Below, in \
        the warm room behind the engine, four fishermen played cards on an upturned crate and talked about the price \
        of diesel, the new harbour tax and the weather, in that order. Nobody mentioned the boat that had not come \
        back on Tuesday. When the mainland appeared, first as a darker line and then as a row of houses with red \
        roofs, the boy asked whether they would see his grandmother before lunch. His mother said that it depended on \
        the bus. Trains used to meet the ferry, she explained, but the railway had been closed before he was born, and \
        the station was a library now. He thought about this for some time. Then he asked if the books arrived by ship \
        as well, and for the first time that morning she laughed. Water boils at a lower temperature on a high \
        mountain, because the air presses on it less. That is why cooks in the Andes use pots with heavy lids: the \
        steam cannot leave, the pressure rises, and beans become soft in half the time.
        """

    private func perplexity(_ model: LlamaModel, _ tokens: [Int32]) throws -> Double {
        let rows = try model.embeddings(of: tokens)
        let logits = try model.logits(of: rows, after: nil, last: tokens.count)
        var sum = 0.0
        for (position, next) in tokens.dropFirst().enumerated() {
            let row = logits.row(position)
            let top = Double(row.max() ?? 0)
            let total = row.reduce(0.0) { $0 + exp(Double($1) - top) }
            sum += top + log(total) - Double(logits[position, Int(next)])
        }
        return exp(sum / Double(tokens.count - 1))
    }

    @Test func perplexityStaysWithinBounds() throws {
        let file = try GGUFFile(contentsOf: InstalledModel.directory + "/smollm2-135m-instruct.q4_1.gguf")
        let tokens = try ByteLevelBPE(gguf: file).encode(Self.text)
        #expect(tokens.count > 250)
        func model(_ storage: Weight.Storage) throws -> LlamaModel {
            try PocketLanguage.load(gguf: file, factors: nil, scale: 0, storage: storage)
        }
        let exact = try perplexity(try model(.float32), tokens)
        #expect(exact > 5 && exact < 60, "\(exact)")
        // 4 bits of the file itself: what is lost is the rounding of activations.
        let bounds: [(Weight.Storage, Double)] = [
            (.bfloat16, 0.01), (.float16, 0.001), (.int8, 0.01), (.affine4, 0.04),
        ]
        for (storage, bound) in bounds {
            let change = try perplexity(try model(storage), tokens) / exact - 1
            print("perplexity \(storage.rawValue): \(exact) changes by \(change * 100) %")
            #expect(abs(change) <= bound, "\(storage): \(change)")
        }
    }
}
