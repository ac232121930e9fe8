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

    /// Precision and recall of identifiers in one figure.
    package var identifierF1: Double? {
        var counts = F1()
        for row in rows { counts.add(named: Set(row.named), wanted: [row.identifier]) }
        return counts.value
    }

    /// Recall and precision of identifiers where the prompt does not say them.
    package var unpromptedRecall: Double? {
        let asked = rows.filter { $0.namedUnprompted != nil }
        return ratio(asked.count { $0.namedUnprompted?.contains($0.identifier) == true }, asked.count)
    }

    /// See `unpromptedRecall`.
    package var unpromptedPrecision: Double? {
        let asked = rows.filter { $0.namedUnprompted != nil }
        return ratio(
            asked.count { $0.namedUnprompted?.contains($0.identifier) == true },
            asked.reduce(0) { $0 + ($1.namedUnprompted?.count ?? 0) })
    }

    /// What the boxes of a source (`PlaceRow.told`) share with the true ones, mean over the photos that have one and whose
    /// own head fired.
    package func boxOverlap(_ source: String) -> Double? {
        mean(rows.compactMap { $0.place?.overlap(source) })
    }

    private func ratio(_ part: Int, _ whole: Int) -> Double? {
        whole > 0 ? Double(part) / Double(whole) : nil
    }
}
