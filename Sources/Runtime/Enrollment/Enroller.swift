import Foundations
import Rules
package import VLM

/// Makes concepts: a head and an embedding from a few photos.
///
/// Safe from any thread; several enrollments may run at once: they share the training lane of the compute queue, and the
/// steps of their embeddings share one pass over the model's weights. None changes a byte of another's result.
public struct Enroller: Sendable {
    let model: any FrozenVLM
    /// Where heads decide.
    let space: FeatureSpace
    /// Where photos are compared with each other.
    let likeness: FeatureSpace
    /// Directions of the bank, `[n][features]`: every head is trained against them.
    let everyday: [[Double]]
    let faces: FaceAnalyzer?
    let decodeImage: @Sendable ([UInt8]) throws -> RGBImage
    let compute: ComputeQueue
    let pictures: ComputeQueue
    let training: TrainingLoop

    /// The model as what trains concepts. Throws `unavailable` for one that does not: asked before anything is done.
    package var trainable: any ConceptTrainable {
        get throws {
            guard let model = model as? any ConceptTrainable else {
                throw RuntimeError(
                    .unavailable, "\(model.identity.name) trains no concepts: serve another model to enroll some")
            }
            return model
        }
    }

    init(
        model: any FrozenVLM, negatives: NegativeFeatures, space: FeatureSpace, faces: FaceAnalyzer?,
        decodeImage: @escaping @Sendable ([UInt8]) throws -> RGBImage, compute: ComputeQueue, pictures: ComputeQueue
    ) {
        self.model = model
        self.space = space
        likeness = FeatureSpace(mean: negatives.mean)
        everyday = space.directions(of: negatives.features)
        self.faces = faces
        self.decodeImage = decodeImage
        self.compute = compute
        self.pictures = pictures
        training = TrainingLoop(queue: compute)
    }

    /// Steps of embeddings that trained together, and trainings stepped, summed over those steps.
    package var trainingStatistics: (steps: Int, steppedTrainings: Int) {
        let statistics = training.statistics
        return (statistics.steps, statistics.steppedTrainings)
    }

    /// Enrolls one concept, telling its progress in order. Cancelling the task ends it between two steps.
    ///
    /// Throws `invalidArgument` for bad photos, captions, names or settings, `faceCount` naming the photo for persons,
    /// `unavailable` without face models, `cancelled`. Other concepts that cannot be used are left out, with a note.
    public func enroll(
        _ request: EnrollmentRequest, progress: @escaping @Sendable (EnrollmentProgress) -> Void
    ) async throws -> EnrolledConcept {
        do {
            return try await run(request, progress: progress)
        } catch is CancellationError {
            throw RuntimeError(.cancelled, "the enrollment was cancelled; nothing was made")
        }
    }

    private func run(
        _ request: EnrollmentRequest, progress: @escaping @Sendable (EnrollmentProgress) -> Void
    ) async throws -> EnrolledConcept {
        let settings = try checked(request.training ?? trainable.trainingDefaults)
        let identifier = request.identifier
        try RuleError.told(as: RuntimeError.init) { () throws(RuleError) in _ = try NameRules.identifier(identifier) }
        progress(.stage(.checkingPhotos))
        let note: @Sendable (String) -> Void = { progress(.note($0)) }
        let checkedPhotos = try await checkedPhotos(request, note: note)
        let photos = checkedPhotos.photos
        let classNoun = try await classNoun(of: request, checkedPhotos, note: note)
        var request = request
        (request.kind, request.classNoun) = (checkedPhotos.kind, classNoun)
        progress(.stage(.trainingHead))
        let head = try await trainHead(request, photos: photos, note: note)
        if let recall = head.heldOutRecall, recall < 0.75 {
            note("\(identifier) is hard to tell from other things in these photos: more photos would help")
        }
        progress(.stage(.preparingCaptions))
        let texts = try await texts(
            for: checkedPhotos, identifier: identifier, classNoun: classNoun, task: request.task, seed: request.seed)
        let material = try await trainingMaterial(
            photos: photos, texts: texts, identifier: identifier, request: request)
        progress(.stage(.trainingEmbedding))
        let trained = try await trainEmbedding(
            material, settings: settings, identifier: identifier, classNoun: classNoun, seed: request.seed,
            progress: progress)
        let distinct = Set(
            texts.flatMap(\.sentences) + texts.flatMap { $0.questions.map { "\($0.question) \($0.answer)" } })
        let record = TrainingRecord(
            settings: settings, task: request.task, augments: request.augments, checkpoint: trained.checkpoint,
            initialCrossEntropy: trained.initial, finalCrossEntropy: trained.final,
            views: material.reduce(0) { $0 + $1.views.count }, sentences: distinct.count, negatives: head.negatives,
            heldOutRecall: head.heldOutRecall, heldOutFalsePositives: head.heldOutFalsePositives,
            photoDigests: photos.map(\.digest))
        let manifest = ArtifactManifest(
            kind: checkedPhotos.kind, identifier: identifier, classNoun: classNoun, model: model.identity,
            threshold: head.threshold, photos: photos.count, seed: request.seed, training: record)
        let artifact = ConceptArtifact(
            manifest: manifest, head: head.head, embedding: trained.rows, enrolledFeatures: head.enrolledFeatures)
        let bytes = try artifact.encoded()
        return EnrolledConcept(
            artifact: bytes, digest: SHA256Digest.hex(bytes), manifest: manifest,
            sentences: distinct.sorted())
    }

    private func checked(_ settings: ConceptTrainingDefaults) throws -> ConceptTrainingDefaults {
        guard (1...16).contains(settings.tokens), (1...1000).contains(settings.steps), settings.learningRate > 0,
            settings.learningRate.isFinite, settings.weightDecay >= 0, settings.weightDecay.isFinite,
            settings.regularizerWeight >= 0, settings.regularizerWeight.isFinite, settings.gradientClip.isFinite,
            settings.initialNorm > 0, settings.initialNorm.isFinite, (0...1).contains(settings.plainPromptShare)
        else {
            throw RuntimeError(
                .invalidArgument, "training takes 1 to 16 tokens, 1 to 1000 steps, a positive rate, no negative weight")
        }
        return settings
    }
}
