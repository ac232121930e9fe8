import Foundation

/// CIDEr-D (Vedantam and others 2015): TF-IDF-weighted n-gram similarity with clipped counts and a Gaussian penalty on
/// the difference of lengths (sigma 6), mean over 1 to 4 words and over references, times ten as is customary.
///
/// Document frequencies are counted over the references of the corpus that is scored.
package enum CIDEr {
    private typealias Vector = [[String]: Double]

    /// The mean over candidates that have references; nil of none.
    package static func score(_ pairs: [(candidate: String, references: [String])]) -> Double? {
        let pairs = pairs.filter { !$0.references.isEmpty }
        guard !pairs.isEmpty else { return nil }
        let orders = 1...4
        var frequency: [[String]: Double] = [:]
        for pair in pairs {
            let grams = Set(orders.flatMap { n in pair.references.flatMap { NGrams.counts(words(of: $0), n).keys } })
            for gram in grams { frequency[gram, default: 0] += 1 }
        }
        let documents = log(Double(pairs.count))
        func vector(_ words: [String], _ n: Int) -> Vector {
            NGrams.counts(words, n).reduce(into: [:]) { vector, entry in
                vector[entry.key] = entry.value * (documents - log(max(frequency[entry.key] ?? 0, 1)))
            }
        }
        let scores = pairs.map { pair -> Double in
            let candidate = words(of: pair.candidate)
            let perReference = pair.references.map { text -> Double in
                let reference = words(of: text)
                let difference = Double(candidate.count - reference.count)
                let penalty = exp(-difference * difference / 72)
                return orders.reduce(0) { sum, n in
                    sum + similarity(vector(candidate, n), vector(reference, n)) * penalty / Double(orders.count)
                }
            }
            return 10 * perReference.reduce(0, +) / Double(perReference.count)
        }
        return scores.reduce(0, +) / Double(scores.count)
    }

    private static func similarity(_ candidate: Vector, _ reference: Vector) -> Double {
        let product = candidate.reduce(0) { sum, entry in
            let other = reference[entry.key] ?? 0
            return sum + min(entry.value, other) * other
        }
        let norms = [candidate, reference].map { $0.values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        return norms[0] > 0 && norms[1] > 0 ? product / (norms[0] * norms[1]) : 0
    }
}
