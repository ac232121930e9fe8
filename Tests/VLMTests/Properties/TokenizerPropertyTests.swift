import PropertyTestSupport
import Testing
import VLM

/// What is true of every tokenizer: text comes back from its tokens, byte for byte.
@Suite(.timeLimit(.minutes(10))) struct TokenizerPropertyTests {
    /// A byte-level vocabulary with random merges of what there is already.
    private static func byteLevel(_ random: inout Seeded) throws -> ByteLevelBPE {
        var tokens = ByteAlphabet.scalars.map { String(Character($0)) }
        var merges: [String] = []
        // Letters merge more often than anything else, as in a trained vocabulary.
        for _ in 0..<200 {
            let common = Array(tokens[97..<123]) + tokens[256...]
            let (left, right) = (random.pick(common), random.pick(common))
            guard left.count + right.count < 12, !tokens.contains(left + right) else { continue }
            tokens.append(left + right)
            merges.append("\(left) \(right)")
        }
        return try ByteLevelBPE(tokens: tokens + ["<|end|>"], merges: merges, special: [Int32(tokens.count)])
    }

    @Test(arguments: Seeds.some()) func byteLevelTextComesBack(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let tokenizer = try Self.byteLevel(&random)
        for _ in 0..<200 {
            let text = random.text(0...40)
            let tokens = tokenizer.encode(text)
            #expect(tokens.flatMap { tokenizer.bytes(of: $0) } == Array(text.utf8), "\(text.debugDescription)")
            #expect(tokens.count <= text.utf8.count)
            #expect(tokens.allSatisfy { $0 <= tokenizer.largestTextToken })
            #expect(tokenizer.encode(text) == tokens)
        }
    }

    /// Token by token the bytes are those of the text, however its tokens are grouped.
    @Test(arguments: Seeds.some(6)) func tokensJoinWithoutASeam(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let tokenizer = try Self.byteLevel(&random)
        for _ in 0..<100 {
            let tokens = (0..<random.number(0...20)).map { _ in Int32(random.number(0...tokenizer.vocabularySize - 2)) }
            let cut = random.number(0...tokens.count)
            let all = tokens.flatMap { tokenizer.bytes(of: $0) }
            #expect(
                tokens[..<cut].flatMap { tokenizer.bytes(of: $0) } + tokens[cut...].flatMap { tokenizer.bytes(of: $0) }
                    == all)
            if let text = String(validating: all, as: UTF8.self) { #expect(tokenizer.decode(tokens) == text) }
        }
    }

    /// Special tokens are read where they are asked for, and what stands around them is read as text.
    @Test(arguments: Seeds.some(6)) func textNeverBecomesASpecialToken(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let tokenizer = try Self.byteLevel(&random)
        let end = Int32(tokenizer.vocabularySize - 1)
        for _ in 0..<100 {
            let (before, after) = (random.text(0...10), random.text(0...10))
            let text = before + "<|end|>" + after
            #expect(!tokenizer.encode(text).contains(end), "\(text.debugDescription)")
            #expect(tokenizer.encode(text).flatMap { tokenizer.bytes(of: $0) } == Array(text.utf8))
        }
    }

    /// The file of a sentencepiece-like tokenizer with bytes to fall back to.
    private static func fallback(_ random: inout Seeded) throws -> any TextTokenizer {
        let bytes = (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return "<0x\(byte < 16 ? "0" : "")\(digits)>"
        }
        var pieces = ["▁"] + "abcdefghijklmnopqrstuvwxyz".map { String($0) }
        var merges: [String] = []
        for _ in 0..<100 {
            let (left, right) = (random.pick(pieces), random.pick(pieces))
            guard !pieces.contains(left + right), left.count + right.count < 8 else { continue }
            pieces.append(left + right)
            merges.append("\(left) \(right)")
        }
        let vocabulary = (bytes + pieces).enumerated().map { #""\#($1)": \#($0)"# }.joined(separator: ", ")
        let joins = merges.map { #""\#($0)""# }.joined(separator: ",")
        let json = #"""
            {"version": "1.0", "added_tokens": [],
             "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
               {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
             "pre_tokenizer": null,
             "model": {"type": "BPE", "byte_fallback": true, "vocab": {\#(vocabulary)}, "merges": [\#(joins)]}}
            """#
        return try TokenizerFile.tokenizer(json: Array(json.utf8), file: "t.json")
    }

    @Test(arguments: Seeds.some()) func textFallsBackToBytesAndComesBack(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let tokenizer = try Self.fallback(&random)
        for _ in 0..<100 {
            // Its own sign for a space would come back as one.
            let text = random.text(1...30)
            let tokens = tokenizer.encode(text, atStart: true)
            #expect(tokenizer.decode(tokens).utf8.elementsEqual((" " + text).utf8), "\(text.debugDescription)")
        }
    }

    /// A tokenizer's file comes from anywhere.
    @Test(arguments: Seeds.some()) func damagedFilesAreRefusedOrRead(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let json = Array(
            #"""
            {"version": "1.0", "added_tokens": [{"id": 3, "content": "<s>", "special": true}], "normalizer": null,
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
             "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}
            """#.utf8)
        var refused = 0
        for _ in 0..<300 {
            do {
                let tokenizer = try TokenizerFile.tokenizer(json: random.damaged(json), file: "t.json")
                _ = tokenizer.encode("abba", atStart: true)
            } catch is VLMError {
                refused += 1
            }
        }
        #expect(refused > 50, "\(refused) of 300 were refused")
    }
}
