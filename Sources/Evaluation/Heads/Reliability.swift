import Foundation

/// Whether scores mean probabilities: scores in ten equal bins, and how often a score of each bin was right.
package struct Reliability: Sendable {
    /// One bin with at least one score.
    package struct Bin: Sendable, Equatable {
        /// Mean of its scores.
        package let predicted: Double
        /// Share of its scores where the concept was there.
        package let observed: Double
        /// How many.
        package let count: Int
    }

    /// From the lowest scores to the highest.
    package let bins: [Bin]
    /// Expected calibration error (Guo and others 2017): the mean distance of predicted and observed, weighted by
    /// counts; nil of nothing.
    package let error: Double?
    /// Mean squared distance of score and truth (Brier); nil of nothing.
    package let brier: Double?

    /// Of scores 0...1 with whether the concept was there.
    package init(_ scores: [(score: Double, present: Bool)], bins count: Int = 10) {
        var groups = [[(score: Double, present: Bool)]](repeating: [], count: count)
        for score in scores { groups[min(count - 1, max(0, Int(score.score * Double(count))))].append(score) }
        bins = groups.filter { !$0.isEmpty }.map { group in
            Bin(
                predicted: group.reduce(0) { $0 + $1.score } / Double(group.count),
                observed: Double(group.count { $0.present }) / Double(group.count), count: group.count)
        }
        guard !scores.isEmpty else {
            (error, brier) = (nil, nil)
            return
        }
        let total = Double(scores.count)
        var distance = 0.0
        for bin in bins { distance += abs(bin.predicted - bin.observed) * Double(bin.count) }
        var squares = 0.0
        for score in scores {
            let miss = score.score - (score.present ? 1 : 0)
            squares += miss * miss
        }
        error = distance / total
        brier = squares / total
    }

    /// The plot as an SVG picture: the diagonal is a perfect score, a circle's area grows with its count.
    package func svg(title: String) -> String {
        let side = 320.0
        let margin = 48.0
        func x(_ value: Double) -> String { String(format: "%.1f", margin + value * side) }
        func y(_ value: Double) -> String { String(format: "%.1f", margin + (1 - value) * side) }
        let grid = stride(from: 0.0, through: 1, by: 0.25).map { value in
            """
            <path d="M\(x(value)) \(y(0))V\(y(1))M\(x(0)) \(y(value))H\(x(1))" stroke="#ddd"/>
            <text x="\(x(value))" y="\(margin + side + 16)" text-anchor="middle">\(value)</text>
            <text x="\(margin - 6)" y="\(y(value))" text-anchor="end" dominant-baseline="middle">\(value)</text>
            """
        }
        let most = Double(bins.map(\.count).max() ?? 1)
        let circles = bins.map { bin in
            let radius = String(format: "%.1f", 3 + 9 * (Double(bin.count) / most).squareRoot())
            return """
                <circle cx="\(x(bin.predicted))" cy="\(y(bin.observed))" r="\(radius)" fill="#06c" fill-opacity=".7">\
                <title>\(bin.count) scores, mean \(String(format: "%.3f", bin.predicted)), right \
                \(String(format: "%.3f", bin.observed))</title></circle>
                """
        }
        let size = side + 2 * margin
        let figures = [("expected calibration error", error), ("Brier", brier)]
            .compactMap { name, value in value.map { "\(name) \(String(format: "%.3f", $0))" } }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size) \(size + 20)" width="\(size)" \
            height="\(size + 20)" font-family="sans-serif" font-size="12">
            <rect width="100%" height="100%" fill="#fff"/>
            <text x="\(size / 2)" y="20" text-anchor="middle" font-size="14">\(title)</text>
            <text x="\(size / 2)" y="36" text-anchor="middle" fill="#666">\(figures.joined(separator: ", "))</text>
            \(grid.joined(separator: "\n"))
            <path d="M\(x(0)) \(y(0))L\(x(1)) \(y(1))" stroke="#999" stroke-dasharray="4"/>
            \(circles.joined(separator: "\n"))
            <text x="\(size / 2)" y="\(margin + side + 36)" text-anchor="middle">score of the head</text>
            <text x="14" y="\(size / 2)" text-anchor="middle" transform="rotate(-90 14 \(size / 2))">\
            share of pictures with the thing</text>
            </svg>

            """
    }
}
