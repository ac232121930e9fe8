import Foundation

/// CIDEr-D (Vedantam and others 2015): TF-IDF-weighted n-gram similarity with clipped counts and a Gaussian penalty on
/// the difference of lengths (sigma 6), mean over 1 to 4 words and over references, times ten as is customary.
///
/// Document frequencies are counted over the references of the corpus that is scored.
package struct CIDEr: Sendable {
    /// A text as weights of its runs of words.
    package struct Text: Sendable {
        /// Runs of one length.
        fileprivate struct Runs: Sendable {
            /// By the number of the run in the corpus; runs the corpus does not hold only count in the norm.
            var weights: [Int: Double] = [:]
            var norm = 0.0
        }

        fileprivate let runs: [Runs]
        fileprivate let length: Int
    }

    private static let orders = 1...4

    /// Every run of words of the references, numbered.
    private let numbers: [[String]: Int]
    /// In how many documents each stands.
    private let frequency: [Double]
    private let documents: Double
    private var references: [[Text]] = []

    /// A corpus: the references of each document, as words `[document][reference][word]`.
    package init(_ references: [[[String]]]) {
        var numbers: [[String]: Int] = [:]
        var frequency: [Double] = []
        for document in references {
            let runs = Set(Self.orders.flatMap { n in document.flatMap { NGrams.counts($0, n).keys } })
            for run in runs {
                if let number = numbers[run] {
                    frequency[number] += 1
                } else {
                    numbers[run] = frequency.count
                    frequency.append(1)
                }
            }
        }
        self.numbers = numbers
        self.frequency = frequency
        documents = log(Double(references.count))
        self.references = references.map { $0.map(weighed) }
    }

    /// A text with the weights of this corpus.
    package func weighed(_ words: [String]) -> Text {
        let runs = Self.orders.map { n in
            var runs = Text.Runs()
            for (run, count) in NGrams.counts(words, n) {
                let number = numbers[run]
                let weight = count * (documents - (number.map { log(frequency[$0]) } ?? 0))
                if let number { runs.weights[number] = weight }
                runs.norm += weight * weight
            }
            runs.norm.formSquareRoot()
            return runs
        }
        return Text(runs: runs, length: words.count)
    }

    /// The score of a caption of one document, 0...10; nil where that has no references.
    package func score(_ caption: Text, of document: Int) -> Double? {
        let texts = references[document]
        guard !texts.isEmpty else { return nil }
        let sum = texts.reduce(0.0) { sum, reference in
            let difference = Double(caption.length - reference.length)
            let alike = zip(caption.runs, reference.runs).reduce(0) { $0 + Self.similarity($1.0, $1.1) }
            return sum + alike * exp(-difference * difference / 72)
        }
        return 10 * sum / Double(texts.count * Self.orders.count)
    }

    private static func similarity(_ caption: Text.Runs, _ reference: Text.Runs) -> Double {
        guard caption.norm > 0, reference.norm > 0 else { return 0 }
        let product = caption.weights.reduce(0) { sum, entry in
            let other = reference.weights[entry.key] ?? 0
            return sum + min(entry.value, other) * other
        }
        return product / (caption.norm * reference.norm)
    }

    /// The mean over candidates that have references; nil of none.
    package static func score(_ pairs: [(candidate: String, references: [String])]) -> Double? {
        let pairs = pairs.filter { !$0.references.isEmpty }
        let corpus = CIDEr(pairs.map { $0.references.map { words(of: $0) } })
        return mean(pairs.enumerated().map { corpus.score(corpus.weighed(words(of: $1.candidate)), of: $0) })
    }
}
