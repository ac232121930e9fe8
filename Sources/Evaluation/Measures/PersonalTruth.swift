/// How true the words beside a concept's name are, of the photos whose own head fired and whose owner described them.
///
/// Names are taken out of captions; in the owner's captions the concept is called by its class noun.
package struct PersonalTruth {
    /// Content words that the owner used / content words; nil where none is said.
    package let precision: Double?
    /// Content words a photo; nil without a photo.
    package let words: Double?

    /// Of what `caption` gives of each row.
    package init(rows: [PhotoRow], of caption: (PhotoRow) -> String) {
        let described = rows.filter { $0.fired.contains($0.thing) && !$0.references.isEmpty }
        let verdicts = described.map { row in
            let human = HumanWords(
                row.references.map { $0.replacing("{concept}", with: " \(row.classNoun ?? "") ") })
            return CaptionWords.words(of: replacing(row.identifier, in: caption(row), with: "")).map(human.verdict)
        }
        var truth = Share()
        for verdict in verdicts.joined() where [.trueContent, .falseContent].contains(verdict) {
            truth.add(verdict == .trueContent)
        }
        precision = truth.value
        words = described.isEmpty ? nil : Double(truth.all) / Double(described.count)
    }
}
