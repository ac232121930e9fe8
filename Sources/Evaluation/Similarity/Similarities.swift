/// How near captions are to what their owner wrote, with the embedding of every sentence made once.
struct Similarities {
    private let encoder: SentenceEncoder
    private var known: [String: [Float]] = [:]

    init(_ encoder: SentenceEncoder) { self.encoder = encoder }

    /// The mean cosine of a caption and its references; nil without references.
    mutating func similarity(of caption: String, to references: [String]) -> Double? {
        mean(references.map { cosine(caption, $0) })
    }

    private mutating func cosine(_ one: String, _ other: String) -> Double {
        zip(embedding(of: one), embedding(of: other)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    private mutating func embedding(of sentence: String) -> [Float] {
        if let known = known[sentence] { return known }
        let made = encoder.embedding(of: sentence)
        known[sentence] = made
        return made
    }
}
