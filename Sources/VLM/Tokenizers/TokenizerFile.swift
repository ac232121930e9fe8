/// Reads the tokenizer of a downloaded checkpoint: `tokenizer.json` (huggingface/tokenizers), else `tokenizer.model` or
/// `spiece.model`, else `vocab.json` and `merges.txt`.
package enum TokenizerFile {
    private struct File: Decodable {
        struct Model: Decodable {
            let type: String?
            let merges: [Merge]?
            let unk_token: String?
            let byte_fallback: Bool?
            let ignore_merges: Bool?
            let dropout: Double?
            let continuing_subword_prefix: String?
            let end_of_word_suffix: String?
        }

        let added_tokens: [AddedTokens.Token]?
        let normalizer: Step?
        let pre_tokenizer: Step?
        let model: Model
    }

    /// "left right", or the two in an array.
    private struct Merge: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let pair = try? value.decode([String].self) {
                text = pair.joined(separator: " ")
            } else {
                text = try value.decode(String.self)
            }
        }
    }

    /// A normalizer or pre-tokenizer.
    private struct Step: Decodable {
        struct Pattern: Decodable {
            let Regex: String?
            let String: String?
        }

        let type: String
        let normalizers: [Step]?
        let pretokenizers: [Step]?
        let pattern: Pattern?
        let content: String?
        let prepend: String?
        let prepend_scheme: String?
        let add_prefix_space: Bool?
        let split: Bool?
        let individual_digits: Bool?
        let use_regex: Bool?
        let behavior: String?
        let invert: Bool?
        let replacement: String?

        var parts: [Step] { type == "Sequence" ? normalizers ?? pretokenizers ?? [] : [self] }
    }

    /// The tokenizer of a folder. Throws `checkpointUnreadable` when there is none, `checkpointMalformed` for a damaged
    /// file, `unsupported` for another algorithm.
    package static func load(_ directory: ModelDirectory) throws -> any TextTokenizer {
        if directory.has("tokenizer.json") {
            return try tokenizer(json: try directory.bytes("tokenizer.json"), file: directory.file("tokenizer.json"))
        }
        guard let name = sentencePieceNames.first(where: { directory.has($0) }) else {
            if VocabularyFiles.lie(in: directory) { return try VocabularyFiles.tokenizer(directory) }
            throw VLMError(
                .checkpointUnreadable,
                "\(directory.path) has neither tokenizer.json nor tokenizer.model, spiece.model, nor vocab.json and "
                    + "merges.txt: download the checkpoint again")
        }
        return try SentencePieceModel.tokenizer(try directory.bytes(name), file: directory.file(name))
    }

    /// What sentencepiece's own files are called: Llama's, and T5's.
    private static let sentencePieceNames = ["tokenizer.model", "spiece.model"]

    /// A tokenizer of the content of `tokenizer.json`.
    package static func tokenizer(json: [UInt8], file path: String) throws -> any TextTokenizer {
        let file = try CheckpointJSON.decode(File.self, from: json, file: path, as: "tokenizer")
        if file.model.type == "Unigram" { return try UnigramFile.tokenizer(json: json, file: path) }
        guard file.model.type ?? "BPE" == "BPE" else {
            throw VLMError(
                .unsupported, "\(path) has a \(file.model.type ?? "unnamed") model; BPE and Unigram are supported")
        }
        guard file.model.dropout ?? 0 == 0, (file.model.continuing_subword_prefix ?? "").isEmpty,
            (file.model.end_of_word_suffix ?? "").isEmpty
        else {
            throw VLMError(
                .unsupported,
                "\(path) merges with a dropout, or with prefixes or suffixes of words, which is not supported")
        }
        let vocabulary = try VocabularyScanner.pairs(json: json, file: path)
        let added = file.added_tokens ?? []
        let largest = max(vocabulary.map(\.id).max() ?? 0, added.map(\.id).max() ?? 0)
        guard largest < 1 << 22, added.allSatisfy({ $0.id >= 0 }) else {
            throw VLMError(.checkpointMalformed, "\(path) numbers its tokens impossibly")
        }
        var tokens = [String](repeating: "", count: largest + 1)
        for (text, id) in vocabulary { tokens[id] = text }
        let special = Set(added.filter(\.isSpecial).map { Int32($0.id) })
        let merges = (file.model.merges ?? []).map(\.text)
        if file.model.byte_fallback ?? false {
            for token in added { tokens[token.id] = token.content }
            // What stands beside the model's own pieces is no way to write a text.
            let own = Set(vocabulary.map { Int32($0.id) })
            let hidden = special.union(added.map { Int32($0.id) }.filter { !own.contains($0) })
            return try sentencePiece(file, tokens: tokens, special: hidden, merges: merges, path: path)
        }
        let (rule, composes) = try byteLevel(file, path: path)
        return try ByteLevelBPE(
            tokens: tokens, merges: merges, special: special, rule: rule, composes: composes, added: added,
            ignoresMerges: file.model.ignore_merges ?? false)
    }

    private static func byteLevel(_ file: File, path: String) throws -> (PreTokenizer.Rule, composes: Bool) {
        let normalizers = file.normalizer?.parts ?? []
        guard normalizers.allSatisfy({ $0.type == "NFC" }) else {
            throw VLMError(.unsupported, "\(path) normalises by \(normalizers.map(\.type)); NFC is supported")
        }
        let steps = file.pre_tokenizer?.parts ?? []
        guard let last = steps.last, last.type == "ByteLevel", !(last.add_prefix_space ?? false) else {
            throw VLMError(
                .unsupported, "\(path) is neither byte-level nor sentencepiece with byte fallback: \(steps.map(\.type))"
            )
        }
        switch steps.count {
        case 1 where last.use_regex ?? true: return (.gpt2, !normalizers.isEmpty)
        case 2 where steps[0].type == "Digits" && steps[0].individual_digits ?? false && last.use_regex ?? true:
            return (.smollm, !normalizers.isEmpty)
        case 2
        where steps[0].type == "Split" && !(last.use_regex ?? true) && steps[0].behavior ?? "Isolated" == "Isolated"
            && !(steps[0].invert ?? false):
            if let pattern = steps[0].pattern?.Regex, let digits = ModernCut.patterns[pattern] {
                return (.modern(digits: digits), !normalizers.isEmpty)
            }
        default: break
        }
        throw VLMError(
            .unsupported, "\(path) cuts text by a rule that is not known; those of GPT-2, SmolLM, Qwen2 and Llama 3 are"
        )
    }

    private static func sentencePiece(
        _ file: File, tokens: [String], special: Set<Int32>, merges: [String], path: String
    ) throws -> SentencePieceBPE {
        var writing = SentencePieceBPE.Writing()
        var replaces = false
        for step in file.normalizer?.parts ?? [] {
            switch step.type {
            case "Prepend" where step.prepend == "\u{2581}": writing.prepends = true
            case "Replace" where step.pattern?.String == " " && step.content == "\u{2581}":
                writing.replacesFirst = true
                replaces = true
            default: throw VLMError(.unsupported, "\(path) normalises by \(step.type) in a way that is not supported")
            }
        }
        for step in file.pre_tokenizer?.parts ?? [] {
            guard step.type == "Metaspace", step.replacement ?? "\u{2581}" == "\u{2581}" else {
                throw VLMError(.unsupported, "\(path) cuts text by \(step.type); Metaspace is supported here")
            }
            replaces = true
            writing.splitsWords = step.split ?? true
            switch step.prepend_scheme ?? (step.add_prefix_space ?? true ? "always" : "never") {
            case "never": writing.prefix = .never
            case "first": writing.prefix = .atStart
            case "always": writing.prefix = .always
            case let other:
                throw VLMError(
                    .unsupported, "\(path) prepends by the scheme \(other); first, always and never are known")
            }
        }
        guard replaces else { throw VLMError(.unsupported, "\(path) keeps spaces as they are; sentencepiece does not") }
        var ids: [ExactText: Int32] = [:]
        for (index, token) in tokens.enumerated() where !token.isEmpty { ids[ExactText(token)] = Int32(index) }
        var table: [SentencePieceBPE.Pair: PairMerger.Merge] = [:]
        for (rank, merge) in merges.enumerated() {
            // By code points: a space and an accent after it are one character to a string.
            let parts = merge.unicodeScalars.split(separator: " ", maxSplits: 1).map { String($0) }
            guard parts.count == 2, let left = ids[ExactText(parts[0])],
                let right = ids[ExactText(parts[1])],
                let joined = ids[ExactText(parts.joined())]
            else {
                throw VLMError(.checkpointMalformed, "\(path): merge \(rank) names tokens that are not there")
            }
            // What is special no text becomes, by whatever way.
            guard !special.contains(joined) else { continue }
            table[.init(left: left, right: right)] = PairMerger.Merge(rank: Int32(rank), joined: joined)
        }
        return SentencePieceBPE(
            texts: tokens, special: special, merges: .listed(table), writing: writing,
            unknown: file.model.unk_token.flatMap { ids[ExactText($0)] }, added: file.added_tokens ?? [],
            ignoresMerges: file.model.ignore_merges ?? false)
    }
}
