import Compute
import VLM

/// The rows that were kept.
struct TrainedEmbedding: Sendable {
    let rows: Matrix
    let checkpoint: Int
    let initial: Float
    let final: Float
}

/// The training of one embedding from its first look to its kept checkpoint: a value that says what it wants computed
/// next and is told the result, so that several can be computed together.
struct EmbeddingTraining: Sendable {
    /// The training ends at a checkpoint whose cross-entropy on views held back is not below this share of the best
    /// before: what is learned from then on is the photos, not the concept.
    static let improvement: Float = 0.995

    private(set) var trainer: EmbeddingTrainer
    private let identifier: String
    private let progress: @Sendable (EnrollmentProgress) -> Void
    private let start = ContinuousClock.now
    private var step = 0
    private var initial: Float?
    private var best: TrainedEmbedding?
    /// The loss of a step whose checkpoint has not been looked at yet.
    private var unseen: ConceptLoss?

    init(
        trainer: EmbeddingTrainer, identifier: String, progress: @escaping @Sendable (EnrollmentProgress) -> Void
    ) {
        self.trainer = trainer
        self.identifier = identifier
        self.progress = progress
    }

    /// Whether the views held back have to be looked at before the next step: at the start and at each checkpoint.
    var wantsLook: Bool { initial == nil || unseen != nil }

    /// Whether that look wants a sample caption too.
    var wantsSample: Bool { unseen != nil }

    /// What the next step is made of.
    mutating func nextBatch() -> ConceptBatch { trainer.nextBatch() }

    /// The step of the last batch was computed. Throws `invalidArgument` when it diverged.
    mutating func stepped(_ loss: ConceptLoss) throws {
        step += 1
        guard (loss.crossEntropy + loss.regularization).isFinite else {
            throw RuntimeError(
                .invalidArgument, "the training diverged at step \(step): lower the learning rate of \(identifier)")
        }
        trainer.apply(loss)
        if trainer.settings.checkpoints.contains(step) || step == trainer.settings.steps {
            unseen = loss
        } else {
            tell(loss, sample: nil)
        }
    }

    /// The views held back were looked at; gives the result where the training is over. Throws `invalidArgument` where no
    /// checkpoint had a finite loss.
    mutating func looked(_ crossEntropy: Float, sample: String?) throws -> TrainedEmbedding? {
        guard let loss = unseen else {
            initial = crossEntropy
            return nil
        }
        unseen = nil
        tell(loss, sample: sample)
        let bar = (best?.final ?? .infinity) * Self.improvement
        if crossEntropy < best?.final ?? .infinity {
            best = TrainedEmbedding(
                rows: trainer.rows, checkpoint: step, initial: initial ?? crossEntropy, final: crossEntropy)
        }
        guard step < trainer.settings.steps else { return try result() }
        guard crossEntropy >= bar else { return nil }
        progress(.note("the views held back get no better: training ended at step \(step)"))
        return try result()
    }

    private func result() throws -> TrainedEmbedding {
        guard let best else {
            throw RuntimeError(.invalidArgument, "the training of \(identifier) gave no finite loss: check its photos")
        }
        return best
    }

    private func tell(_ loss: ConceptLoss, sample: String?) {
        let elapsed = (ContinuousClock.now - start) / .seconds(1)
        let steps = trainer.settings.steps
        progress(
            .step(
                TrainingStep(
                    step: step, steps: steps, loss: loss.crossEntropy + loss.regularization,
                    crossEntropy: loss.crossEntropy, regularization: loss.regularization,
                    secondsLeft: elapsed / Double(step) * Double(steps - step), sample: sample)))
    }
}
