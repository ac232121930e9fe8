import VLM

/// Whether an answer is asked where a concept is, and who is asked for its place: the words, the concept's head and the
/// attention of its rows.
struct PlacesAsked: Sendable {
    /// The one thing whose place is asked for; nil: the question is another.
    let thing: String?
    /// The concepts that the answer is made with.
    let fired: [Recognition]
    /// Of the upright picture.
    let size: (width: Int, height: Int)

    /// Whether the attention of the concepts' rows is of use.
    var wantsAttention: Bool { fired.contains { seen in thing.map(seen.isCalled) ?? false } }

    /// The places of an answer: as the words say and, where a concept's place was asked for, as its head saw it and as its
    /// rows attend to the picture. `attention` has one entry a concept, or none.
    func places(in text: String, attention: [[Float]], of model: any FrozenVLM) -> [AnswerPlace] {
        let (width, height) = size
        let said =
            model.answersWithBoxes
            ? AnswerPlace.places(in: text, width: width, height: height, asked: thing, fired: fired) : []
        guard let thing else { return said }
        let seen = AnswerPlace.places(
            ofHeads: fired, asked: thing, area: model.gridArea(width: width, height: height), width: width,
            height: height)
        guard let model = model as? any AttentionModel else { return said + seen }
        let heats = attention.map { model.heat(ofAttention: $0, width: width, height: height) }
        return said + seen
            + AnswerPlace.places(
                ofAttention: Array(zip(fired, heats)), asked: thing, width: width, height: height)
    }
}
