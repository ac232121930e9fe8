import Foundation

/// BLEU (Papineni and others 2002) over a whole corpus: clipped n-gram precision up to 4 words, brevity penalty with
/// the closest reference length. No smoothing: a corpus without one common run of four words has 0.
package enum BLEU {
    /// 0...1 of candidates with their references; nil of none.
    package static func score(_ pairs: [(candidate: String, references: [String])], order: Int = 4) -> Double? {
        let pairs = pairs.filter { !$0.references.isEmpty }
        guard !pairs.isEmpty else { return nil }
        var matches = [Double](repeating: 0, count: order)
        var totals = matches
        var length = 0
        var closest = 0
        for pair in pairs {
            let candidate = words(of: pair.candidate)
            let references = pair.references.map { words(of: $0) }
            length += candidate.count
            closest +=
                references.map(\.count).min { one, other in
                    (abs(one - candidate.count), one) < (abs(other - candidate.count), other)
                } ?? 0
            for n in 1...order {
                let counts = NGrams.counts(candidate, n)
                let allowed = references.map { NGrams.counts($0, n) }
                for (gram, count) in counts {
                    matches[n - 1] += min(count, allowed.map { $0[gram] ?? 0 }.max() ?? 0)
                }
                totals[n - 1] += Double(max(candidate.count - n + 1, 0))
            }
        }
        guard length > 0, zip(matches, totals).allSatisfy({ $0 > 0 && $1 > 0 }) else { return 0 }
        let precision = zip(matches, totals).reduce(0) { $0 + log($1.0 / $1.1) } / Double(order)
        let brevity = length > closest ? 0 : 1 - Double(closest) / Double(length)
        return exp(precision + brevity)
    }
}

/// Runs of words.
enum NGrams {
    /// How often each run of `n` words stands in a text.
    static func counts(_ words: [String], _ n: Int) -> [[String]: Double] {
        guard words.count >= n else { return [:] }
        var counts: [[String]: Double] = [:]
        for start in 0...words.count - n { counts[Array(words[start..<start + n]), default: 0] += 1 }
        return counts
    }
}
