import Foundation

/// Turns class logits into object tags: everyday nouns, several classes to a noun.
package struct TagTable: Sendable {
    private let tags: [String]
    private let groups: [Int]
    private let count: Int
    private let minimum: Float

    private struct Entry: Decodable {
        let tag: String
    }

    /// Reads `classes.json`, one entry a class.
    init(json: [UInt8], count: Int, minimum: Float) throws {
        let entries: [Entry]
        do {
            entries = try JSONDecoder().decode([Entry].self, from: Data(json))
        } catch {
            throw VLMError(.checkpointMalformed, "the class list is no JSON array of classes with tags", cause: error)
        }
        self.init(classTags: entries.map { PromptText.clean($0.tag) }, count: count, minimum: minimum)
    }

    /// A table of the tag of each class.
    package init(classTags: [String], count: Int, minimum: Float) {
        var order: [String: Int] = [:]
        var tags: [String] = []
        groups = classTags.map { tag in
            if let known = order[tag] { return known }
            order[tag] = tags.count
            tags.append(tag)
            return tags.count - 1
        }
        self.tags = tags
        self.count = count
        self.minimum = minimum
    }

    /// Classes the table names.
    var classes: Int { groups.count }

    /// The most probable tags, best first: class probabilities are summed for equal tags; ties go to the tag whose
    /// first class comes first. At least one.
    package func tags(logits: [Float]) -> [ObjectTag] {
        let highest = logits.max() ?? 0
        let weights = logits.map { Double(exp($0 - highest)) }
        let total = weights.reduce(0, +)
        var sums = [Double](repeating: 0, count: tags.count)
        for (index, weight) in weights.enumerated() { sums[groups[index]] += weight / total }
        let ranked = sums.indices.sorted { (sums[$0], $1) > (sums[$1], $0) }.prefix(count)
        let kept = ranked.filter { Float(sums[$0]) >= minimum }
        return (kept.isEmpty ? Array(ranked.prefix(1)) : kept).map {
            ObjectTag(name: tags[$0], probability: Float(sums[$0]))
        }
    }
}
