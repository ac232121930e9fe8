import Evaluation
import Testing

@Test(.timeLimit(.minutes(10))) func binsCompareScoresWithTruth() {
    let scores: [(score: Double, present: Bool)] =
        (0..<8).map { _ in (0.05, false) } + [(0.85, true), (0.85, true), (0.85, true), (0.85, false), (1, true)]
    let reliability = Reliability(scores)
    #expect(reliability.bins.map(\.count) == [8, 4, 1], "a score of 1 belongs to the last bin")
    #expect(reliability.bins[1].observed == 0.75)
    // 8 x 0.05 + 4 x 0.10 + 1 x 0, of 13
    #expect(abs((reliability.error ?? 0) - (8 * 0.05 + 4 * 0.1) / 13) < 1e-12)
    let squares = 8 * 0.0025 + 3 * 0.0225 + 0.7225
    #expect(abs((reliability.brier ?? 0) - squares / 13) < 1e-12)
    #expect(Reliability([]).error == nil && Reliability([]).brier == nil)
    let svg = reliability.svg(title: "Scores")
    #expect(svg.hasPrefix("<svg") && svg.contains("expected calibration error 0.062"))
    #expect(svg.split(separator: "<circle").count == 4)
}
