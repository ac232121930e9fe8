import Foundations
import Synchronization
import VLM

/// One training loop for all enrollments: continuous batching of steps on the compute queue's training lane.
///
/// A step reads every weight of the model forward and backward, whatever it is made of, so trainings that run at the same
/// time take their steps together. Each training's numbers are bit for bit those it would have alone. Rounds are
/// separate jobs; answers get their turns between them, and in the midst of one. Safe from any thread.
final class TrainingLoop: Sendable {
    /// Samples a shared step may have: each takes memory for its activations. A training with more has the loop to itself.
    static let maximumSamples = 8

    struct Statistics: Sendable {
        /// Shared steps.
        var steps = 0
        /// Trainings stepped, summed over shared steps.
        var steppedTrainings = 0
    }

    private struct Shared {
        var arrivals: [RunningTraining] = []
        /// Ids of trainings nobody wants any more.
        var cancelled: Set<UInt64> = []
        var known: Set<UInt64> = []
        var nextID: UInt64 = 0
        var roundScheduled = false
        var statistics = Statistics()
    }

    private let queue: ComputeQueue
    private let shared = Mutex(Shared())
    private let running = RunningTrainings()

    init(queue: ComputeQueue) {
        self.queue = queue
    }

    var statistics: Statistics { shared.withLock { $0.statistics } }

    /// Runs one training to its end. Cancelling the task takes it out before the next round, with `CancellationError`.
    func run(_ training: EmbeddingTraining) async throws -> TrainedEmbedding {
        let outcome = Awaited<TrainedEmbedding>()
        let id = shared.withLock { shared in
            shared.nextID += 1
            shared.known.insert(shared.nextID)
            shared.arrivals.append(RunningTraining(id: shared.nextID, training: training, outcome: outcome))
            return shared.nextID
        }
        scheduleRound()
        return try await outcome.value {
            self.shared.withLock { shared in
                if shared.known.contains(id) { _ = shared.cancelled.insert(id) }
            }
            self.scheduleRound()
        }
    }

    private func scheduleRound() {
        let wanted = shared.withLock { shared in
            defer { shared.roundScheduled = true }
            return !shared.roundScheduled
        }
        if wanted { queue.submit(.training) { self.round() } }
    }

    /// One round; only ever called by jobs of the compute queue, one after the other.
    private func round() {
        let cancelled = shared.withLock { shared in
            shared.roundScheduled = false
            running.all += Self.admitted(&shared.arrivals, beside: running.all)
            let unwanted = shared.arrivals.filter { shared.cancelled.contains($0.id) }
            shared.arrivals.removeAll { shared.cancelled.contains($0.id) }
            return unwanted + running.all.filter { shared.cancelled.contains($0.id) }
        }
        for training in cancelled { end(training, .failure(CancellationError())) }
        // Looks and steps in different rounds: jobs stay short.
        let looking = running.all.indices.filter { running.all[$0].training.wantsLook }
        if looking.isEmpty { step(Array(running.all.indices)) } else { look(looking) }
        let again = shared.withLock { !running.all.isEmpty || !$0.arrivals.isEmpty }
        if again { scheduleRound() }
    }

    /// Takes from the front what fits beside the running ones.
    private static func admitted(
        _ arrivals: inout [RunningTraining], beside running: [RunningTraining]
    ) -> [RunningTraining] {
        var samples = running.reduce(0) { $0 + $1.training.trainer.samples }
        var taken: [RunningTraining] = []
        while let next = arrivals.first {
            let count = next.training.trainer.samples
            guard samples == 0 || samples + count <= maximumSamples else { break }
            samples += count
            taken.append(arrivals.removeFirst())
        }
        return taken
    }

    /// The model that all trainings share.
    private func model(of places: [Int]) -> (any ConceptTrainable)? {
        places.first.map { running.all[$0].training.trainer.model }
    }

    private func step(_ places: [Int]) {
        guard let model = model(of: places) else { return }
        // A batch is drawn once: what fails together is tried alone with the same samples.
        var batches: [ConceptBatch] = []
        for place in places { batches.append(running.all[place].training.nextBatch()) }
        together(places, batches, model.losses(of:)) { place, loss in
            try self.running.all[place].training.stepped(loss)
            return nil
        }
        shared.withLock { shared in
            shared.statistics.steps += 1
            shared.statistics.steppedTrainings += places.count
        }
    }

    private func look(_ places: [Int]) {
        guard let model = model(of: places) else { return }
        let samples = sampleCaptions(places, model)
        together(places, places.map { running.all[$0].training.trainer.heldBack }, model.crossEntropies(of:)) {
            try self.running.all[$0].training.looked($1, sample: samples[$0])
        }
    }

    /// What the model now says of a photo of each, where that is wanted.
    private func sampleCaptions(_ places: [Int], _ model: any ConceptTrainable) -> [Int: String] {
        let wanted = places.filter { running.all[$0].training.wantsSample }
        do {
            var samples: [Int: any Decoding] = [:]
            for place in wanted {
                samples[place] = try running.all[place].training.trainer.sample(maximumTokens: Enroller.captionTokens)
            }
            let order = samples.keys.sorted()
            let said = try TextCompletion.decode(
                model, order.compactMap { samples[$0] }, samplings: order.map { _ in Sampling() },
                maximumTokens: Enroller.captionTokens)
            return Dictionary(uniqueKeysWithValues: zip(order, said))
        } catch {
            // Only for people to look at: a training does not fail for want of a sample, it goes on without one.
            return [:]
        }
    }

    /// Computes all batches at once and hands each result to its training. Where that fails, each is computed alone, so
    /// that one training's fault is not another's.
    private func together<Value>(
        _ places: [Int], _ batches: [ConceptBatch], _ compute: ([ConceptBatch]) throws -> [Value],
        _ take: (Int, Value) throws -> TrainedEmbedding?
    ) {
        var over: [(RunningTraining, Result<TrainedEmbedding, any Error>)] = []
        let all = try? compute(batches)
        for (index, place) in places.enumerated() {
            do {
                let result = try all.map { [$0[index]] } ?? compute([batches[index]])
                if let embedding = try take(place, result[0]) { over.append((running.all[place], .success(embedding))) }
            } catch {
                over.append((running.all[place], .failure(error)))
            }
        }
        for (training, result) in over { end(training, result) }
    }

    private func end(_ training: RunningTraining, _ result: Result<TrainedEmbedding, any Error>) {
        running.all.removeAll { $0.id == training.id }
        shared.withLock { shared in
            shared.known.remove(training.id)
            shared.cancelled.remove(training.id)
        }
        training.outcome.finish(result)
    }
}

/// A training and who waits for it.
private struct RunningTraining {
    let id: UInt64
    var training: EmbeddingTraining
    let outcome: Awaited<TrainedEmbedding>
}

/// The running trainings. Unchecked because only rounds touch them, and rounds are jobs of one compute queue, which runs
/// one job at a time and orders them.
private final class RunningTrainings: @unchecked Sendable {
    var all: [RunningTraining] = []
}
