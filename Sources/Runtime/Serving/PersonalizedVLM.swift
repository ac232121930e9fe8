public import VLM

/// The front of the runtime: one frozen model, shared by everybody, that knows each user's concepts.
///
/// Safe from any thread. Heavy work never runs on the cooperative pool. Each request keeps the concept set it was
/// admitted with until its last token, whatever changes meanwhile.
public final class PersonalizedVLM: Sendable {
    /// The frozen model.
    public let model: any FrozenVLM
    /// Makes new concepts; shares the compute queue with the answers, so that neither starves.
    public let enroller: Enroller

    let configuration: RuntimeConfiguration
    let faces: FaceAnalyzer?
    let concepts: any ConceptSource
    let compute: ComputeQueue
    /// Decoding of pictures, by libraries of one thread, beside the compute queue.
    let pictures: PictureDesk
    /// The search for faces in pictures of requests, likewise.
    let faceSearch: ComputeQueue
    let residents: ResidentConcepts
    let loop: DecodingLoop
    let admission: Admission

    /// Beside computing it gets about a quarter of a processor, and all that is idle.
    private static let longWorkNiceness: Int32 = 5

    /// A runtime. Without `faces` no person can be enrolled or recognised, which is said as `unavailable` when asked.
    public convenience init(
        model: any FrozenVLM, negatives: NegativeFeatures, faces: FaceAnalyzer?, concepts: any ConceptSource,
        decodeImage: @escaping @Sendable ([UInt8]) throws -> RGBImage,
        configuration: RuntimeConfiguration = RuntimeConfiguration()
    ) throws {
        try self.init(
            model: model, negatives: negatives, faces: faces, concepts: concepts, decodeImage: decodeImage,
            configuration: configuration, time: nil)
    }

    /// The same with another clock to share time by, in seconds.
    package init(
        model: any FrozenVLM, negatives: NegativeFeatures, faces: FaceAnalyzer?, concepts: any ConceptSource,
        decodeImage: @escaping @Sendable ([UInt8]) throws -> RGBImage,
        configuration: RuntimeConfiguration = RuntimeConfiguration(), time: (@Sendable () -> Double)?
    ) throws {
        guard negatives.mean.count == model.identity.featureSize else {
            throw RuntimeError(
                .unavailable,
                "the bank of negatives has features of \(negatives.mean.count) numbers, the model of "
                    + "\(model.identity.featureSize): they belong to different models")
        }
        self.model = model
        self.configuration = configuration
        self.faces = faces
        self.concepts = concepts
        compute = ComputeQueue(label: "myvlm.compute", time: time)
        // What may take seconds and can wait: large pictures, and the photos of enrollments.
        let longWork = ComputeQueue(label: "myvlm.pictures.large", niceness: Self.longWorkNiceness)
        pictures = PictureDesk(decode: decodeImage, large: longWork)
        faceSearch = ComputeQueue(label: "myvlm.faces")
        let space = FeatureSpace(of: negatives)
        residents = ResidentConcepts(
            identity: model.identity, space: space, configuration: configuration, knowsFaces: faces != nil)
        loop = DecodingLoop(model: model, queue: compute, maximumRunning: configuration.maximumRunning)
        admission = Admission(limit: configuration.maximumRunning + configuration.maximumQueued)
        enroller = Enroller(
            model: model, negatives: negatives, space: space, faces: faces, decodeImage: decodeImage, compute: compute,
            pictures: longWork)
    }

    /// Counters since the start.
    public func statistics() async -> RuntimeStatistics {
        let loop = loop.statistics
        let resident = await residents.statistics
        return RuntimeStatistics(
            running: loop.running, admitted: admission.inside, refused: admission.refused, steps: loop.rounds,
            steppedAnswers: loop.steppedAnswers, tokens: loop.tokens, residentBytes: resident.bytes,
            residentConcepts: resident.concepts, residentHits: resident.hits, residentMisses: resident.misses,
            residentEvictions: resident.evictions)
    }

    /// Drops erased artifacts from memory.
    public func forget(_ digests: [String]) async { await residents.forget(digests) }

    /// Ends running answers with `cancelled` and refuses new ones.
    public func shutdown() {
        loop.close()
    }
}
