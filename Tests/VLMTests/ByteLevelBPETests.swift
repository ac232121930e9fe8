import Foundation
import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct ByteLevelBPETests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            let text: String
            let ids: [Int32]
            let special: Bool
        }
        let tokenizer: [Case]
    }

    private static let gguf: String? = {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["MYVLM_HOME"] ?? "\(environment["HOME"] ?? "")/.cache/myvlm"
        let path = "\(home)/models/pocket/smollm2-135m-instruct.q4_1.gguf"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    /// A vocabulary of the 256 bytes, "ab", "abc" and one special token.
    private static func tiny() throws -> ByteLevelBPE {
        let printable = (0...255).map { byte -> String in
            let moved = (0...255).filter { !((0x21...0x7e).contains($0) || (0xa1...0xac).contains($0) || $0 >= 0xae) }
            let scalar = moved.firstIndex(of: byte).map { UInt32(0x100 + $0) } ?? UInt32(byte)
            return String(Character(Unicode.Scalar(scalar) ?? "?"))
        }
        return try ByteLevelBPE(
            tokens: printable + ["ab", "abc", "<|end|>"], merges: ["a b", "ab c"], special: [258])
    }

    @Test func mergesByRank() throws {
        let tokenizer = try Self.tiny()
        #expect(tokenizer.encode("abcab") == [257, 256])
        #expect(tokenizer.decode([257, 256]) == "abcab")
        #expect(tokenizer.encode("") == [])
    }

    @Test func readsSpecialTokensOnlyWhenAsked() throws {
        let tokenizer = try Self.tiny()
        #expect(tokenizer.encode("ab<|end|>c", parseSpecial: true) == [256, 258, 99])
        #expect(!tokenizer.encode("ab<|end|>c").contains(258))
    }

    @Test func everyByteComesBack() throws {
        let tokenizer = try Self.tiny()
        let text = "héllo wörld\t\n\u{0} 🦊 １２3"
        #expect(tokenizer.decode(tokenizer.encode(text)) == text)
    }

    @Test(.enabled(if: gguf != nil, "the default model is not installed: run Scripts/setup"))
    func agreesWithTheReferenceTokenizer() throws {
        let tokenizer = try ByteLevelBPE(gguf: GGUFFile(contentsOf: try #require(Self.gguf)))
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/pocket-golden.json")
        let cases = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file)).tokenizer
        #expect(cases.count >= 20)
        for golden in cases {
            #expect(
                tokenizer.encode(golden.text, parseSpecial: golden.special) == golden.ids, "text: \(golden.text)")
        }
    }
}
