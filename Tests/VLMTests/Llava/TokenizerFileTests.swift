import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct TokenizerFileTests {
    /// A sentencepiece-like file: 256 byte tokens, then `extra`.
    private func json(extra: [String], merges: [String] = [], model: String = "BPE") -> [UInt8] {
        let bytes = (0..<256).map { byte -> String in
            let digits = String(byte, radix: 16, uppercase: true)
            return "<0x\(byte < 16 ? "0" : "")\(digits)>"
        }
        let vocabulary = (bytes + extra).enumerated().map { #""\#($1)": \#($0)"# }.joined(separator: ", ")
        let joins = merges.map { #""\#($0)""# }.joined(separator: ",")
        return Array(
            #"""
            {"version": "1.0", "padding": null, "added_tokens": [], "list": [{"a": [1, 2.5e3, "}"]}, true],
             "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "\u2581"},
               {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
             "pre_tokenizer": null,
             "model": {"type": "\#(model)", "byte_fallback": true, "vocab": {\#(vocabulary)}, "merges": [\#(joins)]}}
            """#.utf8)
    }

    /// Swift's strings take a composed and a decomposed letter for one; a vocabulary has both.
    @Test func equivalentLettersAreTwoTokens() throws {
        let tokenizer = try TokenizerFile.tokenizer(
            json: json(extra: ["▁", "e\u{301}", "\u{E9}", "e", "\u{301}"], merges: ["e \u{301}"]), file: "t.json")
        #expect(tokenizer.encode("\u{E9}", atStart: false) == [258])
        #expect(tokenizer.encode("e\u{301}", atStart: false) == [257])
        #expect(tokenizer.bytes(of: 257) == Array("e\u{301}".utf8))
    }

    @Test func escapesInTheVocabularyAreRead() throws {
        let tokenizer = try TokenizerFile.tokenizer(
            json: json(extra: [#"\""#, #"\\"#, #"\u00e9"#, #"\ud83d\ude42"#]), file: "t.json")
        #expect(tokenizer.encode(#""\é🙂"#, atStart: false) == [256, 257, 258, 259])
    }

    @Test func whatIsMissingBecomesBytesAndComesBack() throws {
        let tokenizer = try TokenizerFile.tokenizer(json: json(extra: ["▁"]), file: "t.json")
        let tokens = tokenizer.encode("ab 日", atStart: true)
        #expect(tokens == [256, 0x61, 0x62, 256, 0xE6, 0x97, 0xA5])
        #expect(tokenizer.decode(tokens) == " ab 日")
        #expect(tokenizer.encode("", atStart: true).isEmpty)
    }

    @Test func otherAlgorithmsAreRefused() {
        #expect {
            try TokenizerFile.tokenizer(json: json(extra: [], model: "WordPiece"), file: "t.json")
        } throws: {
            ($0 as? VLMError)?.code == .unsupported
        }
        #expect {
            try TokenizerFile.tokenizer(json: Array("{\"model\": {\"vocab\": {\"a\": ".utf8), file: "t.json")
        } throws: {
            ($0 as? VLMError)?.code == .checkpointMalformed
        }
    }

    /// A unigram file; scores fall with the place.
    private func unigram(_ pieces: [String], table: String? = nil) -> [UInt8] {
        let entries = (["<pad>", "</s>", "<unk>"] + pieces).enumerated().map { #"["\#($1)", -\#(Double($0) / 2)]"# }
        let normalizer = table.map { #"{"type": "Precompiled", "precompiled_charsmap": "\#($0)"}"# } ?? "null"
        return Array(
            #"""
            {"added_tokens": [{"id": 0, "content": "<pad>"}, {"id": 1, "content": "</s>"}, {"id": 2, "content": "<unk>"}],
             "normalizer": \#(normalizer),
             "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581"},
             "model": {"type": "Unigram", "unk_id": 2, "vocab": [\#(entries.joined(separator: ", "))]}}
            """#.utf8)
    }

    @Test func theMostProbableCutIsFound() throws {
        // The sum decides: "▁a" "bc" (-7) before "▁" "a" "bc" (-7.5) and all others.
        let tokenizer = try TokenizerFile.tokenizer(
            json: unigram(["▁", "a", "b", "▁a", "c", "bc", "ab"].map { $0 }), file: "t.json")
        #expect(tokenizer.encode("abc", atStart: true) == [6, 8])
        #expect(tokenizer.encode("  abc \n abc ", atStart: false) == [6, 8, 6, 8])
        #expect(tokenizer.decode([6, 8, 6, 8]) == " abc abc")
        // A run of strangers is one unknown token; special tokens are never read in text.
        #expect(tokenizer.encode("a日本b", atStart: true) == [6, 2, 5])
        #expect(!tokenizer.encode("</s>", atStart: true).contains(1))
        #expect(tokenizer.encode("", atStart: true).isEmpty && tokenizer.id(of: "</s>") == 1)
    }

    @Test func damagedUnigramFilesAreRefused() {
        for table in ["no base64!", "AAAA", "/////w=="] {
            #expect(throws: VLMError.self) {
                try TokenizerFile.tokenizer(json: unigram(["a"], table: table), file: "t.json")
            }
        }
        #expect {
            try TokenizerFile.tokenizer(
                json: Array(#"{"model": {"type": "Unigram", "vocab": 3}}"#.utf8), file: "t.json")
        } throws: {
            ($0 as? VLMError)?.code == .checkpointMalformed
        }
    }
}
