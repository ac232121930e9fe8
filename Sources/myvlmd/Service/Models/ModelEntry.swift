public import Runtime

/// A model that a server may load.
public struct ModelEntry: Sendable {
    /// Loads the model over a source of concepts and tells the share that is done, 0...1; it blocks as long as that takes.
    public typealias Load =
        @Sendable (any ConceptSource, @escaping @Sendable (Double) -> Void) throws -> PersonalizedVLM

    /// How calls name it; nil where it is the only one and has no name.
    public let name: String?
    /// What it is made of, folder and options: the same text is the same model unless somebody changed its files.
    public let source: String
    /// What its weights will take in memory.
    public let bytes: Int
    let load: Load

    /// An entry.
    public init(name: String?, source: String, bytes: Int, load: @escaping Load) {
        self.name = name
        self.source = source
        self.bytes = bytes
        self.load = load
    }

    /// Whether a text is a model's name: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
    public static func isName(_ text: String) -> Bool { text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,63}/) != nil }

    /// Throws, saying what to do, for a list no server can serve: none, several of which one has no name, two of one name,
    /// one that is larger than all may be together.
    static func check(_ entries: [ModelEntry], budget: Int) throws(ServiceError) {
        guard !entries.isEmpty else { throw ServiceError(.usage, "no model is named; name one with --model") }
        var names: Set<String> = []
        for entry in entries {
            guard entries.count > 1 || entry.name != nil else { return }
            guard let name = entry.name, isName(name) else {
                throw ServiceError(
                    .usage,
                    "\(entry.name ?? entry.source): where a server has several models each has a name of A-Z, a-z, 0-9, "
                        + "'.', '_' and '-'; write --model NAME=PLACE")
            }
            guard names.insert(name).inserted else {
                throw ServiceError(.usage, "two models are called \(name); give one of them another name")
            }
            guard entry.bytes <= budget else {
                throw ServiceError(
                    .usage,
                    "the model \(name) (\(entry.source)) takes \(shown(entry.bytes)), and all models together may take "
                        + "\(shown(budget)): load it with fewer bits (dtype int8 or q4), leave it out, or raise modelBytes "
                        + "in config.json")
            }
        }
    }

    /// `1.4 GB`
    static func shown(_ bytes: Int) -> String {
        bytes < 1_000_000_000
            ? "\((bytes + 999_999) / 1_000_000) MB" : "\(Double((bytes + 50_000_000) / 100_000_000) / 10) GB"
    }
}
