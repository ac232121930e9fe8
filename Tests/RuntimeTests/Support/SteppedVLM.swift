import Compute
import Runtime
import Synchronization
import VLM
import WaitingTestSupport

/// Time that passes only where a test's model computes, and a record of what it computed. Safe from any thread.
final class WorkRecord: Sendable {
    enum Work: Equatable, Sendable {
        case vision
        case prefill(String)
        /// Whose sequences one step had.
        case step([String])
        case training

        /// Seconds it takes.
        var seconds: Double {
            switch self {
            case .vision: 8
            case .prefill: 4
            // The first sequence costs most, as it does where weights are read once a step.
            case .step(let users): 0.5 + 0.5 * Double(users.count)
            case .training: 30
            }
        }
    }

    private let state = Mutex((done: [Work](), seconds: 0.0))
    /// Holds back the first look at a picture until it is open.
    private let door: Latch?

    init(behind door: Latch? = nil) { self.door = door }

    var done: [Work] { state.withLock { $0.done } }
    var seconds: Double { state.withLock { $0.seconds } }

    /// Time passes in parts, between which others may compute.
    func spend(_ work: Work, parts: Int = 1) {
        if work == .vision { door?.wait() }
        for part in 0..<parts {
            if part > 0 { Pause.point() }
            state.withLock { $0.seconds += work.seconds / Double(parts) }
        }
        state.withLock { $0.done.append(work) }
    }
}

/// A model that says nothing but records what it is made to compute. Answers end at their token limit, and the first word
/// of a question names who asks.
struct SteppedVLM: ConceptTrainable, BranchingModel {
    private final class Answer: Decoding {
        let user: String
        var logits: [Float] = [1, 0, 0]
        var count = 1

        init(user: String) { self.user = user }
    }

    private final class Prefix: ImagePrefix {
        let count = 1
        let conceptNorm: Float = 1
    }

    var record = WorkRecord()
    let identity = ModelIdentity(
        name: "stepped", digest: "stepped", hiddenSize: 2, featureSize: 2, gridRows: 1, gridColumns: 1)
    let trainingDefaults = ConceptTrainingDefaults(
        tokens: 1, steps: 1, learningRate: 1, gradientClip: 1, weightDecay: 0, regularizerWeight: 0, checkpoints: [])
    let stopTokens: [Int32] = [2]
    let negatives = NegativeBank(
        features: Matrix(rows: 8, columns: 2, values: (0..<16).map { Float($0 * $0 % 7) - 2 }), mean: [0, 0])
    let contextSize = 100_000

    func features(of image: RGBImage) throws -> ImageFeatures {
        record.spend(.vision, parts: 8)
        let row = Matrix(rows: 1, columns: 2)
        return ImageFeatures(pooled: [0, 0], map: row, visualTokens: row, tags: [])
    }

    func prefix(for features: ImageFeatures) throws -> any ImagePrefix { Prefix() }

    func promptTokens(for task: VLMTask) throws -> [Int32] {
        guard case .question(let question, _) = task else { return [] }
        return question.unicodeScalars.map { Int32($0.value) }
    }

    func targetTokens(for sentence: String) throws -> [Int32] { [1] }

    func tokens(of text: String) -> [Int32] { [1] }

    func bytes(of token: Int32) -> [UInt8] { [0x61] }

    func embeddings(of tokens: [Int32]) throws -> Matrix { Matrix(rows: tokens.count, columns: 2) }

    func begin(
        prefix: any ImagePrefix, concepts: [Matrix], prompt: [Int32], capacity: Int
    ) throws -> any Decoding {
        let user = String(String.UnicodeScalarView(prompt.compactMap { Unicode.Scalar(UInt32($0)) }))
        record.spend(.prefill(user), parts: 4)
        return Answer(user: user)
    }

    func step(_ states: [any Decoding], tokens: [Int32]) throws {
        let answers = states.compactMap { $0 as? Answer }
        for answer in answers { answer.count += 1 }
        record.spend(.step(answers.map(\.user)))
    }

    func copy(_ state: any Decoding) throws -> any Decoding { Answer(user: (state as? Answer)?.user ?? "") }

    func losses(of batches: [ConceptBatch]) throws -> [ConceptLoss] {
        record.spend(.training, parts: 60)
        return batches.map { ConceptLoss(crossEntropy: 1, regularization: 0, gradient: $0.concept) }
    }
}
