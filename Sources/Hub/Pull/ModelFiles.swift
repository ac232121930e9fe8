internal import Glibc

/// Which files of a repository a model needs.
package enum ModelFiles {
    /// The most files that are taken from one repository.
    package static let most = 1_000

    /// Everything that is read beside weights, where it is there.
    private static let texts: Set<String> = [
        "config.json", "generation_config.json", "processor_config.json", "preprocessor_config.json",
        "video_preprocessor_config.json", "chat_template.json", "chat_template.jinja", "tokenizer.json",
        "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "tokenizer.model", "spiece.model",
        "vocab.json", "merges.txt", "model.safetensors.index.json",
    ]
    /// Weights of ours beside a model.
    private static let parts: Set<String> = ["bank.safetensors"]

    /// The files that a model needs: configuration, processor, tokenizer and safetensors of the repository's own
    /// folder. Pickled weights are none of them; whoever wants them, or anything else, names them by patterns of the
    /// shell. Small ones come first, so that weights are there only when all else is. Throws `notFound` where no model
    /// is, or a pattern names nothing.
    package static func chosen(_ files: [RepositoryFile], including patterns: [String], of id: ModelID) throws(HubError)
        -> [RepositoryFile]
    {
        let hasOneFile = files.contains { $0.path == "model.safetensors" }
        var chosen = files.filter { file in
            if texts.contains(file.path) { return !(hasOneFile && file.path.hasSuffix(".index.json")) }
            return parts.contains(file.path) || isWeights(file.path, alone: hasOneFile)
        }
        for pattern in patterns {
            let named = files.filter { fnmatch(pattern, $0.path, 0) == 0 }
            guard !named.isEmpty else {
                throw HubError(
                    .notFound,
                    "no file of \(id) is named by --include \(pattern.shownShort); look at its files on the hub")
            }
            chosen += named
        }
        if patterns.isEmpty {
            guard chosen.contains(where: { $0.path == "config.json" }) else {
                throw HubError(.notFound, "\(id) has no config.json, so it is no model that could be served")
            }
            guard chosen.contains(where: { isWeights($0.path, alone: hasOneFile) }) else {
                throw HubError(
                    .notFound, "\(id) has no safetensors\(hint(files)); look for a revision or a copy that has them")
            }
        }
        let unique = Set(chosen)
        guard unique.count <= most else {
            throw HubError(.usage, "\(unique.count) files of \(id) are named, more than \(most); narrow --include")
        }
        return unique.sorted { (weight($0), $0.path) < (weight($1), $1.path) }
    }

    /// Whether it is the weights of a model: one file, or the shards that its index names.
    static func isWeights(_ path: String, alone: Bool) -> Bool {
        alone ? path == "model.safetensors" : path.wholeMatch(of: /model-\d{5}-of-\d{5}\.safetensors/) != nil
    }

    private static func weight(_ file: RepositoryFile) -> Int { file.path.hasSuffix(".safetensors") ? 1 : 0 }

    private static func hint(_ files: [RepositoryFile]) -> String {
        let pickles = files.map(\.path).filter { path in
            [".bin", ".pt", ".pth", ".ckpt"].contains { path.hasSuffix($0) }
        }
        guard let first = pickles.first else { return "" }
        return ": its weights are pickled (\(first.shownShort)), which are fetched only when --include names them"
    }
}
