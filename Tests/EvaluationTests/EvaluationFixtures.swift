import Foundation

/// Reference figures of transformers and of `Tools/pocket/metrics.py` (Tools/fixtures_evaluation.py).
struct EvaluationFixtures: Decodable {
    struct Sentence: Decodable {
        let text: String
        let ids: [Int]
        let embedding: [Float]
    }

    struct Cider: Decodable {
        let candidates: [String]
        let references: [[String]]
        let score: Double
    }

    let sentences: [Sentence]
    let cider: Cider

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    static func read() throws -> EvaluationFixtures {
        try JSONDecoder().decode(Self.self, from: Data(contentsOf: folder.appending(path: "reference.json")))
    }
}
