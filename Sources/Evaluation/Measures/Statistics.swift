/// How many of how many.
struct Share {
    private(set) var hits = 0
    private(set) var all = 0

    mutating func add(_ hit: Bool) {
        all += 1
        hits += hit ? 1 : 0
    }

    /// nil of nothing.
    var value: Double? { all > 0 ? Double(hits) / Double(all) : nil }
}

/// The middle value; nil of nothing.
package func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let half = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/// The mean of what is there; nil of nothing.
func mean(_ values: [Double?]) -> Double? {
    let there = values.compactMap { $0 }
    return there.isEmpty ? nil : there.reduce(0, +) / Double(there.count)
}

/// The standard error of a mean, by the sample's deviation; nil of fewer than two.
package func standardError(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    return (variance / Double(values.count)).squareRoot()
}

/// Half the width of the 95 % interval of a mean over seeds, by Student's t; nil of fewer than two.
package func halfInterval(_ values: [Double]) -> Double? {
    guard let error = standardError(values) else { return nil }
    // Quantiles 0.975 for 1...10 degrees of freedom; beyond, the normal law's with Fisher's first correction.
    let table = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228]
    let freedom = values.count - 1
    let t = freedom <= table.count ? table[freedom - 1] : 1.96 + 2.4 / Double(freedom)
    return t * error
}

/// Precision and recall in one figure, from counts over all answers.
package struct F1: Sendable, Equatable {
    package private(set) var right = 0
    package private(set) var wrong = 0
    package private(set) var missing = 0

    package init() {}

    /// One answer: which identifiers it holds and which it should.
    package mutating func add(named: Set<String>, wanted: Set<String>) {
        right += named.intersection(wanted).count
        wrong += named.subtracting(wanted).count
        missing += wanted.subtracting(named).count
    }

    /// 2 right / (2 right + wrong + missing); nil of nothing.
    package var value: Double? {
        let all = 2 * right + wrong + missing
        return all > 0 ? 2 * Double(right) / Double(all) : nil
    }
}
