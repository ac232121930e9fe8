import Foundation

/// A unigram model as `tokenizer.json` holds it (T5).
struct UnigramFile: Decodable {
    /// A piece and its log-probability, in an array.
    struct Entry: Decodable {
        let text: String
        let score: Double

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            text = try values.decode(String.self)
            score = try values.decode(Double.self)
        }
    }

    struct Model: Decodable {
        let unk_id: Int?
        let vocab: [Entry]
        let byte_fallback: Bool?
    }

    /// A normalizer or pre-tokenizer.
    struct Step: Decodable {
        struct Pattern: Decodable {
            let Regex: String?
        }

        let type: String
        let normalizers: [Step]?
        let pretokenizers: [Step]?
        let precompiled_charsmap: String?
        let pattern: Pattern?
        let replacement: String?
        let prepend_scheme: String?
        let add_prefix_space: Bool?

        var parts: [Step] { type == "Sequence" ? normalizers ?? pretokenizers ?? [] : [self] }
    }

    let added_tokens: [AddedTokens.Token]?
    let normalizer: Step?
    let pre_tokenizer: Step?
    let model: Model

    /// The tokenizer; throws `unsupported` for another way to find words, `checkpointMalformed` for a damaged file.
    static func tokenizer(json: [UInt8], file path: String) throws -> UnigramTokenizer {
        let file = try CheckpointJSON.decode(UnigramFile.self, from: json, file: path, as: "unigram tokenizer")
        var characters: CharacterMap?
        for step in file.normalizer?.parts ?? [] {
            switch step.type {
            case "Precompiled":
                guard let table = step.precompiled_charsmap.flatMap({ Data(base64Encoded: $0) }) else {
                    throw VLMError(.checkpointMalformed, "\(path) has a table of characters that is no base64")
                }
                characters = try CharacterMap([UInt8](table), file: path)
            // Words are cut at white space anyway.
            case "Strip": break
            case "Replace" where step.pattern?.Regex == " {2,}": break
            default: throw VLMError(.unsupported, "\(path) normalises by \(step.type) in a way that is not supported")
            }
        }
        let steps = file.pre_tokenizer?.parts ?? []
        guard steps.last?.type == "Metaspace", steps.dropLast().allSatisfy({ $0.type == "WhitespaceSplit" }),
            !(file.model.byte_fallback ?? false), steps.last?.replacement ?? "\u{2581}" == "\u{2581}",
            steps.last?.prepend_scheme ?? (steps.last?.add_prefix_space ?? true ? "always" : "never") == "always"
        else {
            throw VLMError(.unsupported, "\(path) finds words by \(steps.map(\.type)); T5's way is supported here")
        }
        let added = file.added_tokens ?? []
        let largest = max(file.model.vocab.count - 1, added.map(\.id).max() ?? 0)
        guard largest < 1 << 22, added.allSatisfy({ $0.id >= 0 }),
            let unknown = file.model.unk_id, file.model.vocab.indices.contains(unknown)
        else { throw VLMError(.checkpointMalformed, "\(path) numbers its tokens impossibly") }
        var texts = file.model.vocab.map(\.text)
        var scores = file.model.vocab.map(\.score)
        texts += [String](repeating: "", count: largest + 1 - texts.count)
        scores += [Double](repeating: 0, count: largest + 1 - scores.count)
        guard scores.allSatisfy(\.isFinite) else {
            throw VLMError(.checkpointMalformed, "\(path) has pieces whose scores are not finite")
        }
        for token in added { texts[token.id] = token.content }
        // What stands beside the model's own pieces is no way to cut a word.
        let hidden = Set(
            added.filter { $0.isSpecial || !file.model.vocab.indices.contains($0.id) }.map { Int32($0.id) })
        return UnigramTokenizer(
            texts: texts, scores: scores, special: hidden,
            unknown: Int32(unknown), characters: characters, added: added)
    }
}
