import Logging
import RPC
import Registry
import Runtime
import VLM

/// Runs enrollments as jobs: written down before they begin, ended by their owner or by the last step only, and taken
/// up again by the next process when this one ends. An actor.
actor JobRunner {
    typealias Event = RPCMessages.EnrollEvent

    private struct Live {
        var task: Task<CommitResult, any Error>?
        var listeners: [UInt64: AsyncStream<Event>.Continuation] = [:]
        var step: EnrollProgress?
        /// Stages and notes so far, for whoever listens later.
        var history: [Event] = []
    }

    /// A job that was begun.
    struct Started: Sendable {
        let job: JobRecord
        let events: AsyncStream<Event>?
        let task: Task<CommitResult, any Error>?
    }

    private let registry: RegistryStore
    private let photos: JobPhotos
    private let gate: EnrollmentGate
    private let enroller: Enroller
    private let logger: Logger
    private var live: [String: Live] = [:]
    private var nextListener: UInt64 = 0
    /// Set when the server stops: what runs then is taken up by the next process.
    private(set) var isStopping = false

    init(registry: RegistryStore, photos: JobPhotos, gate: EnrollmentGate, enroller: Enroller, logger: Logger) {
        self.registry = registry
        self.photos = photos
        self.gate = gate
        self.enroller = enroller
        self.logger = logger
    }

    /// Writes a job down with its photos and begins it in its turn.
    func submit(_ request: EnrollRequest, _ staged: [StagedPhoto], by caller: Principal) async throws -> Started {
        let job = try await registry.createJob(concept: request.name, request: request.encode(), by: caller)
        do {
            try await photos.keep(staged, of: job)
        } catch {
            try await registry.failJob(job.id, code: "storage", message: "the photos could not be kept")
            throw error
        }
        begin(job)
        // Nothing has run yet: the job's task needs this actor.
        return Started(job: job, events: events(job.id), task: task(job.id))
    }

    /// Takes up what an earlier process left, one after the other: they have waited in the queue before.
    func recover() async throws {
        let jobs = try await registry.recoverJobs()
        guard !jobs.isEmpty else { return }
        logger.notice("enrollments taken up again", metadata: ["jobs": "\(jobs.count)"])
        Task {
            for job in jobs where !isStopping {
                begin(job)
                _ = await task(job.id)?.result
            }
        }
    }

    /// Ends a job of the caller; nothing is committed then.
    func cancel(_ id: String, by caller: Principal) async throws -> JobRecord {
        let job = try await registry.cancelJob(id, by: caller)
        live[id]?.task?.cancel()
        photos.drop(id)
        return job
    }

    /// Tries a failed job of the caller again.
    func resume(_ id: String, by caller: Principal) async throws -> JobRecord {
        // Without photos it would only fail again.
        _ = try await photos.photos(of: try await registry.job(id, of: caller.userID))
        let job = try await registry.resumeJob(id, by: caller)
        begin(job)
        return job
    }

    /// Ends jobs whose rows were erased, and deletes their photos.
    func drop(_ ids: [String]) {
        for id in ids {
            live[id]?.task?.cancel()
            photos.drop(id)
        }
    }

    /// Ends what runs without ending the jobs.
    func stop() async {
        isStopping = true
        let tasks = live.values.compactMap(\.task)
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
    }

    /// What a job tells from now on; ends with it. Nil for a job that does not run here.
    func events(_ id: String) -> AsyncStream<Event>? {
        guard live[id] != nil else { return nil }
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(256))
        nextListener += 1
        let listener = nextListener
        for event in live[id]?.history ?? [] { continuation.yield(event) }
        live[id]?.listeners[listener] = continuation
        continuation.onTermination = { [weak self] _ in
            Task { await self?.forget(id, listener) }
        }
        return stream
    }

    /// What becomes of a running job; nil for one that does not run here.
    func task(_ id: String) -> Task<CommitResult, any Error>? { live[id]?.task }

    /// The last step of a running job.
    func progress(_ id: String) -> EnrollProgress? { live[id]?.step }

    private func forget(_ id: String, _ listener: UInt64) { live[id]?.listeners[listener] = nil }

    private func begin(_ job: JobRecord) {
        guard !isStopping, live[job.id] == nil else { return }
        live[job.id] = Live()
        live[job.id]?.task = Task { try await self.run(job.id) }
    }

    private func tell(_ id: String, _ event: Event) {
        if case .progress(let step) = event.event {
            live[id]?.step = step
        } else if let told = live[id]?.history.count, told < 100 {
            live[id]?.history.append(event)
        }
        guard let listeners = live[id]?.listeners else { return }
        for listener in listeners.values { listener.yield(event) }
    }

    private func run(_ id: String) async throws -> CommitResult {
        do {
            let result = try await gate.run { @Sendable ahead in
                let text = "\(ahead) enrollment\(ahead == 1 ? "" : "s") before this one: it begins when its turn comes"
                await self.tell(id, Event(event: .note(EnrollNote(text: text))))
            } _: { @Sendable in
                try await self.train(id)
            }
            photos.drop(id)
            end(id)
            return result
        } catch {
            await failed(id, error)
            end(id)
            throw error
        }
    }

    private func end(_ id: String) {
        guard let job = live.removeValue(forKey: id) else { return }
        for listener in job.listeners.values { listener.finish() }
    }

    private func failed(_ id: String, _ error: any Error) async {
        // A job that was cancelled is marked so already; one that the server's end cut short goes on later.
        guard !isStopping, !Task.isCancelled else { return }
        let status = StatusMapping.status(of: error)
        do {
            try await registry.failJob(id, code: "\(status.code)", message: status.message)
        } catch {
            logger.error("a job's failure could not be kept", metadata: ["error": "\(type(of: error))"])
        }
    }

    private func train(_ id: String) async throws -> CommitResult {
        let work = try await registry.startJob(id)
        let request = try EnrollRequest(
            decoding: work.request, limits: MessageLimits(frameBytes: 1 << 20, unpackedBytes: 4 << 20))
        let staged = try await photos.photos(of: work.job)
        var others: [[UInt8]] = []
        for digest in work.others {
            // One that was erased or pruned since the first run is left out, and so is one that is damaged: it is told
            // wherever it is used.
            do { others.append(try await registry.artifact(digest, of: work.job.userID)) } catch let error
                as RegistryError where [.notFound, .dataLoss].contains(error.code)
            {}
        }
        let training = EnrollmentRequest(
            kind: request.wantedKind,
            identifier: request.identifier.isEmpty ? request.name : request.identifier,
            classNoun: request.classNoun.isEmpty ? nil : request.classNoun,
            photos: staged.enumerated().map { index, photo in
                EnrollmentPhoto(
                    name: photo.name, bytes: photo.bytes,
                    captions: request.captions.filter { Int($0.photo) == index }.map(\.text))
            }, seed: request.seed == 0 ? 42 : request.seed, otherConcepts: others,
            task: request.task == .questions ? .vqa : .caption)
        let enrolled = try await withProgress(id, training)
        await reached(id, "committing")
        // The last moment a cancelled job can leave nothing behind; the commit itself looks once more.
        try Task.checkCancellation()
        let manifest = enrolled.manifest
        var commit = try EnrollmentCommit(
            concept: request.name, manifest: manifest, artifact: enrolled.artifact, reason: request.reason,
            ifVersion: request.wantedVersion)
        if request.keepPhotos { commit.photos = staged.map { ($0.name, $0.bytes) } }
        return try await registry.commit(commit, by: work.principal, job: id)
    }

    private func withProgress(_ id: String, _ request: EnrollmentRequest) async throws -> EnrolledConcept {
        let (events, source) = AsyncStream.makeStream(of: EnrollmentProgress.self)
        let enroller = enroller
        return try await withThrowingTaskGroup(of: EnrolledConcept.self) { group in
            group.addTask {
                defer { source.finish() }
                return try await enroller.enroll(request) { source.yield($0) }
            }
            for await event in events {
                if case .stage(let stage) = event {
                    await reached(id, stage.rawValue)
                } else {
                    tell(id, Event(progress: event))
                }
            }
            guard let enrolled = try await group.next() else { throw CancellationError() }
            return enrolled
        }
    }

    private func reached(_ id: String, _ stage: String) async {
        tell(id, Event(event: .stage(EnrollStage(name: stage))))
        do {
            try await registry.setStage(stage, of: id)
        } catch {
            // It is for people to look at; the job itself does not need it.
            logger.warning("a job's stage could not be kept", metadata: ["error": "\(type(of: error))"])
        }
    }
}

extension EnrollRequest {
    /// What `current` must be for the commit: nil for anything, 0 for no concept of that name.
    var wantedVersion: Int? { onlyNew ? 0 : ifVersion == 0 ? nil : Int(ifVersion) }

    /// Nil lets the photos say it.
    fileprivate var wantedKind: Runtime.ConceptKind? {
        switch kind {
        case .object: .object
        case .person: .person
        case .unspecified, .unrecognized: nil
        }
    }
}

extension EnrollmentCommit {
    /// A version of an artifact under a name.
    init(concept: String, manifest: ArtifactManifest, artifact: [UInt8], reason: String, ifVersion: Int?) throws {
        self.init(
            concept: concept, kind: manifest.kind == .person ? .person : .object, classNoun: manifest.classNoun,
            identifier: manifest.identifier, threshold: Double(manifest.threshold), modelDigest: manifest.modelDigest,
            photoCount: manifest.photos, trainingRecord: try manifest.trainingJSON, artifact: artifact, reason: reason,
            ifVersion: ifVersion)
    }
}
