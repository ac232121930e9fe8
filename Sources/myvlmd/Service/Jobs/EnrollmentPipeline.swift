import RPC
import Registry
import Rules
import Runtime
import VLM

/// One enrollment from its stored request to its version, through the stages of `EnrollmentStage`.
struct EnrollmentPipeline: Sendable {
    /// Receives the progress, in order.
    typealias Listener = @Sendable (EnrollmentProgress) async -> Void

    let registry: RegistryStore
    let photos: JobPhotos
    let training: JobRunner.Training

    /// Runs a job to its commit, which ends the job in the same transaction. Cancelling the task ends it between two
    /// steps; whenever it throws, nothing was committed.
    func run(_ id: String, _ listener: Listener) async throws -> CommitResult {
        let work = try await registry.startJob(id)
        let request = try EnrollRequest(
            decoding: work.request, limits: MessageLimits(frameBytes: 1 << 20, unpackedBytes: 4 << 20))
        let staged = try await photos.photos(of: work.job)
        let enrolled = try await trained(
            EnrollmentRequest(request, staged, otherConcepts: try await otherConcepts(of: work)), request.model,
            listener)
        await listener(.stage(.committing))
        // The last check for cancellation before the commit, which checks once more itself.
        try Task.checkCancellation()
        var commit = try EnrollmentCommit(
            concept: request.name, description: ArtifactDescription(manifest: enrolled.manifest),
            artifact: enrolled.artifact, reason: request.reason,
            ifVersion: request.wantedVersion)
        if request.fromKept {
            // Only those that are still kept: their owner may have dropped some meanwhile.
            commit.photosOfVersion = request.wantedVersion
        } else if request.keepPhotos {
            commit.photos = staged.map { ($0.name, $0.bytes) }
        }
        return try await registry.commit(commit, by: work.principal, job: id)
    }

    /// The artifacts from which the training must distinguish the concept. Artifacts that were erased or pruned since
    /// the first run are left out, and so are damaged ones: damage is reported wherever they are used.
    private func otherConcepts(of work: JobWork) async throws -> [[UInt8]] {
        var others: [[UInt8]] = []
        for digest in work.others {
            do {
                others.append(try await registry.artifact(digest, of: work.job.userID))
            } catch let error as RegistryError where [.notFound, .dataLoss].contains(error.code) {}
        }
        return others
    }

    /// Trains, and passes the progress on in order and from one task.
    private func trained(
        _ request: EnrollmentRequest, _ model: String, _ listener: Listener
    ) async throws -> EnrolledConcept {
        let (events, source) = AsyncStream.makeStream(of: EnrollmentProgress.self)
        let training = training
        return try await withThrowingTaskGroup(of: EnrolledConcept.self) { group in
            group.addTask {
                defer { source.finish() }
                return try await training(request, model) { source.yield($0) }
            }
            for await event in events { await listener(event) }
            guard let enrolled = try await group.next() else { throw CancellationError() }
            return enrolled
        }
    }
}

extension EnrollmentRequest {
    /// The training request of a stored request.
    fileprivate init(_ request: EnrollRequest, _ staged: [StagedPhoto], otherConcepts: [[UInt8]]) {
        let kind: Runtime.ConceptKind? =
            switch request.kind {
            case .object: .object
            case .person: .person
            // It is found out from the photos.
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
    /// The version that `current` must have for the commit: nil for any, 0 for no concept of that name.
    var wantedVersion: Int? { onlyNew ? 0 : ifVersion == 0 ? nil : Int(ifVersion) }
}
