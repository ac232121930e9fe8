/// What was seen on one test photo.
package struct PhotoRow: Codable, Equatable {
    /// The thing in the photo and the photo's file name.
    package var thing: String
    package var photo: String
    /// The owner's word for the thing.
    package var identifier: String
    /// Things whose heads fired.
    package var fired: [String]
    /// The score of the thing's own head and its threshold.
    package var score: Float
    package var threshold: Float
    /// The answer with all of the user's concepts.
    package var caption: String
    /// Identifiers the answer holds, of all the user's.
    package var named: [String]
    /// The frozen model's own answer.
    package var frozenCaption: String
    /// Whether the answer was the frozen one; nil where a head fired.
    package var equalsFrozen: Bool?
    package var seconds: Double

    package init(
        thing: String, photo: String, identifier: String, fired: [String], score: Float, threshold: Float,
        caption: String, named: [String], frozenCaption: String, equalsFrozen: Bool?, seconds: Double
    ) {
        self.thing = thing
        self.photo = photo
        self.identifier = identifier
        self.fired = fired
        self.score = score
        self.threshold = threshold
        self.caption = caption
        self.named = named
        self.frozenCaption = frozenCaption
        self.equalsFrozen = equalsFrozen
        self.seconds = seconds
    }
}

/// The figures of Docs/evaluation.md, from rows.
package struct QualityMeasures {
    package let rows: [PhotoRow]
    /// All of the user's concepts.
    package let concepts: Int

    package init(rows: [PhotoRow], concepts: Int) {
        self.rows = rows
        self.concepts = concepts
    }

    /// Share of test photos whose own head fired.
    package var headSensitivity: Double? {
        ratio(rows.count { $0.fired.contains($0.thing) }, rows.count)
    }

    /// Share of (test photo, concept of another thing) pairs whose head stayed silent.
    package var headSpecificity: Double? {
        let pairs = rows.count * (concepts - 1)
        let wrong = rows.reduce(0) { sum, row in sum + row.fired.count { $0 != row.thing } }
        return ratio(pairs - wrong, pairs)
    }

    /// Share of test photos whose answer holds the thing's identifier.
    package var identifierRecall: Double? {
        ratio(rows.count { $0.named.contains($0.identifier) }, rows.count)
    }

    /// Share of the identifiers in answers that belong to the thing in the photo.
    package var identifierPrecision: Double? {
        ratio(rows.count { $0.named.contains($0.identifier) }, rows.reduce(0) { $0 + $1.named.count })
    }

    private func ratio(_ part: Int, _ whole: Int) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }
}

/// Whole words of a text, in lower case: letters, digits and apostrophes hold together.
package func words(of text: String) -> [String] {
    text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "'") }.map(String.init)
}

/// Whether a text holds one of the terms as whole words in a row.
package func holds(_ text: String, anyOf terms: [String]) -> Bool {
    let all = words(of: text)
    return terms.contains { term in
        let wanted = words(of: term)
        guard !wanted.isEmpty, wanted.count <= all.count else { return false }
        return (0...(all.count - wanted.count)).contains { all[$0..<($0 + wanted.count)].elementsEqual(wanted) }
    }
}

/// The middle value; nil of nothing.
package func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let half = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}
