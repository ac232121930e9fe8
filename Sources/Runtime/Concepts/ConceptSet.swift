import VLM

/// A user's concepts, loaded: what one request works with from its admission to its last token. Immutable.
struct ConceptSet: Sendable {
    let revision: Int64
    let digest: String
    let panel: ConceptPanel
    /// What it had to leave out.
    let skipped: [SkippedConcept]

    /// In the order of names.
    var members: [ConceptPanel.Member] { panel.members }

    /// Indices of the fired members an answer is made with, in the order of names: all of them up to `limit`, beyond
    /// it those that are surest.
    static func chosen(_ recognitions: [Recognition], limit: Int) -> [Int] {
        let fired = recognitions.indices.filter { recognitions[$0].fired }
        guard fired.count > limit else { return fired }
        let sure = fired.sorted { (margin(recognitions[$0]), $1) > (margin(recognitions[$1]), $0) }
        return sure.prefix(limit).sorted()
    }

    /// How far into its firing range a score lies, 0...1.
    private static func margin(_ recognition: Recognition) -> Float {
        switch recognition.kind {
        case .object: (recognition.score - recognition.threshold) / max(1 - recognition.threshold, 1e-6)
        case .person: (recognition.threshold - recognition.score) / recognition.threshold
        }
    }
}
