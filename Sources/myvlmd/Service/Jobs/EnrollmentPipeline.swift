import RPC
import Registry
import Rules
import Runtime
import VLM

/// One enrollment from the order that was written down to its version, through the stages of `EnrollmentStage`.
struct EnrollmentPipeline: Sendable {
    /// Is told what happens, in order.
    typealias Listener = @Sendable (EnrollmentProgress) async -> Void

    let registry: RegistryStore
    let photos: JobPhotos
    let training: JobRunner.Training

    /// Runs a job to its commit, which ends the job in the same transaction. Cancelling the task ends it between two steps;
    /// then, and whatever else it throws, nothing was made.
    func run(_ id: String, _ listener: Listener) async throws -> CommitResult {
        let work = try await registry.startJob(id)
        let request = try EnrollRequest(
            decoding: work.request, limits: MessageLimits(frameBytes: 1 << 20, unpackedBytes: 4 << 20))
        let staged = try await photos.photos(of: work.job)
        let enrolled = try await trained(
            EnrollmentRequest(request, staged, otherConcepts: try await otherConcepts(of: work)), listener)
        await listener(.stage(.committing))
        // The last moment a cancelled job can leave nothing behind; the commit itself looks once more.
        try Task.checkCancellation()
        var commit = try EnrollmentCommit(
            concept: request.name, description: ArtifactDescription(manifest: enrolled.manifest),
            artifact: enrolled.artifact, reason: request.reason,
            ifVersion: request.wantedVersion)
        if request.fromKept {
            // Those that are kept still: their owner may have dropped them meanwhile.
            commit.photosOfVersion = request.wantedVersion
        } else if request.keepPhotos {
            commit.photos = staged.map { ($0.name, $0.bytes) }
        }
        return try await registry.commit(commit, by: work.principal, job: id)
    }

    /// The artifacts the training is to tell the concept from. One that was erased or pruned since the first run is left out,
    /// and so is one that is damaged: it is told wherever it is used.
    private func otherConcepts(of work: JobWork) async throws -> [[UInt8]] {
        var others: [[UInt8]] = []
        for digest in work.others {
            do {
                others.append(try await registry.artifact(digest, of: work.job.userID))
            } catch let error as RegistryError where [.notFound, .dataLoss].contains(error.code) {}
        }
        return others
    }

    /// Trains, with everything it tells handed on in order and from one task.
    private func trained(_ request: EnrollmentRequest, _ listener: Listener) async throws -> EnrolledConcept {
        let (events, source) = AsyncStream.makeStream(of: EnrollmentProgress.self)
        let training = training
        return try await withThrowingTaskGroup(of: EnrolledConcept.self) { group in
            group.addTask {
                defer { source.finish() }
                return try await training(request) { source.yield($0) }
            }
            for await event in events { await listener(event) }
            guard let enrolled = try await group.next() else { throw CancellationError() }
            return enrolled
        }
    }
}

extension EnrollmentRequest {
    /// What an order asks of the training.
    fileprivate init(_ request: EnrollRequest, _ staged: [StagedPhoto], otherConcepts: [[UInt8]]) {
        let kind: Runtime.ConceptKind? =
            switch request.kind {
            case .object: .object
            case .person: .person
            // The photos say it.
            case .unspecified, .unrecognized: nil
            }
        self.init(
            kind: kind, identifier: request.identifier.isEmpty ? request.name : request.identifier,
            classNoun: request.classNoun.isEmpty ? nil : request.classNoun,
            photos: staged.enumerated().map { index, photo in
                EnrollmentPhoto(
                    name: photo.name, bytes: photo.bytes,
                    captions: request.captions.filter { Int($0.photo) == index }.map(\.text))
            }, seed: request.seed == 0 ? 42 : request.seed, otherConcepts: otherConcepts,
            task: request.task == .questions ? .vqa : .caption)
    }
}

extension EnrollRequest {
    /// What `current` must be for the commit: nil for anything, 0 for no concept of that name.
    var wantedVersion: Int? { onlyNew ? 0 : ifVersion == 0 ? nil : Int(ifVersion) }
}
