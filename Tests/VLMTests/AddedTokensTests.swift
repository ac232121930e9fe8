import Foundation
import Testing
import VLM

/// Added tokens and `ignore_merges` as huggingface/tokenizers 0.23 reads them, in every kind of tokenizer: the numbers of
/// the fixture are its own. (Such tokens had been cut into letters.)
@Suite(.timeLimit(.minutes(10))) struct AddedTokensTests {
    struct Golden: Decodable, CustomTestStringConvertible {
        let name: String
        let texts: [String]
        let tokenizer: String
        let ids: [[Int32]]
        var testDescription: String { name }
    }

    private static func goldens() throws -> [Golden] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Fixtures/tokenizers/added-tokens.json")
        return try JSONDecoder().decode([Golden].self, from: Data(contentsOf: file))
    }

    @Test func everyKindCutsThemOut() throws {
        let goldens = try Self.goldens()
        #expect(goldens.count >= 30)
        for golden in goldens {
            let tokenizer = try TokenizerFile.tokenizer(json: Array(golden.tokenizer.utf8), file: "tokenizer.json")
            for (text, ids) in zip(golden.texts, golden.ids) {
                #expect(tokenizer.encode(text, atStart: true) == ids, "\(golden.name): \(text.debugDescription)")
            }
        }
    }

    /// What is special a user cannot write: neither as an added token nor by merges that lead to it nor as a piece.
    @Test func specialTokensCannotBeWritten() throws {
        let goldens = try Self.goldens()
        for golden in goldens where golden.name.hasPrefix("byte ") || golden.name.hasPrefix("unigram ") {
            let text = golden.tokenizer.replacing(
                #""special":false"#, with: #""special":true"#)
            guard text != golden.tokenizer else { continue }
            let tokenizer = try TokenizerFile.tokenizer(json: Array(text.utf8), file: "tokenizer.json")
            let id = try #require(tokenizer.id(of: "zibo"))
            for written in golden.texts { #expect(!tokenizer.encode(written, atStart: true).contains(id)) }
        }
    }

    @Test(arguments: [
        #""continuing_subword_prefix":"@@""#, #""end_of_word_suffix":"</w>""#, #""dropout":0.1"#,
    ])
    func otherWaysToMergeAreRefused(_ option: String) throws {
        let golden = try #require(try Self.goldens().first)
        let key = try #require(option.split(separator: ":").first)
        let text = golden.tokenizer.replacing("\(key):null", with: option)
        #expect(text != golden.tokenizer)
        let error = #expect(throws: VLMError.self) {
            try TokenizerFile.tokenizer(json: Array(text.utf8), file: "tokenizer.json")
        }
        #expect(error?.code == .unsupported)
    }
}
