internal import Rules

/// Finds the name a person probably meant.
package enum NearestName {
    /// The nearest of `names`, when at most a third of its letters are wrong; by edits (Damerau-Levenshtein, optimal
    /// string alignment) of the folded names, and the first of the alphabet among equals.
    package static func of(_ wanted: String, among names: [String]) -> String? {
        let target = Array(NameRules.fold(wanted).unicodeScalars)
        let scored = names.sorted().map { name in
            (name: name, edits: edits(target, Array(NameRules.fold(name).unicodeScalars)))
        }
        guard let best = scored.min(by: { $0.edits < $1.edits }), best.edits <= max(1, target.count / 3) else {
            return nil
        }
        return best.name
    }

    private static func edits(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var last: [Int] = []
        var row = Array(0...b.count)
        for i in 0..<a.count {
            var next = [i + 1]
            next.reserveCapacity(b.count + 1)
            for j in 0..<b.count {
                var cost = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, last[j - 1] + 1) }
                next.append(cost)
            }
            (last, row) = (row, next)
        }
        return row[b.count]
    }
}
