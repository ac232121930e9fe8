package import Logging
package import RPC
package import Registry
package import Runtime
import VLM

/// Runs enrollments as jobs: written down before they begin, ended by their owner or by the last step only, and taken
/// up again by the next process when this one ends. An actor.
///
/// A job ends in exactly one state, and whatever ends it writes that down uncancelled: `cancelled` when its owner or the
/// call it belongs to ended it, `failed` when it could not go on, `succeeded` in the transaction that makes its version.
package actor JobRunner {
    package typealias Event = RPCMessages.EnrollEvent
    /// Trains: an `Enroller`, or what a test puts in its place.
    package typealias Training =
        @Sendable (
            EnrollmentRequest, @escaping @Sendable (EnrollmentProgress) -> Void
        ) async throws -> EnrolledConcept

    private struct Live {
        var task: Task<CommitResult, any Error>?
        var listeners: [UInt64: AsyncStream<Event>.Continuation] = [:]
        var step: EnrollProgress?
        /// Stages and notes so far, for whoever listens later.
        var history: [Event] = []
    }

    /// A job that was begun; without a task when the server stops, and the next process begins it.
    package struct Started: Sendable {
        let job: JobRecord
        let events: AsyncStream<Event>?
        let task: Task<CommitResult, any Error>?
    }

    private let registry: RegistryStore
    private let photos: JobPhotos
    private let gate: EnrollmentGate
    private let training: Training
    private let logger: Logger
    private var live: [String: Live] = [:]
    private var nextListener: UInt64 = 0
    private var isStopping = false
    private var stopsAt: ContinuousClock.Instant?

    package init(
        registry: RegistryStore, photos: JobPhotos, gate: EnrollmentGate, logger: Logger, training: @escaping Training
    ) {
        self.registry = registry
        self.photos = photos
        self.gate = gate
        self.training = training
        self.logger = logger
    }

    /// Whether the server ends calls now, and not their callers: what runs then is taken up by the next process.
    package var isEnding: Bool { isStopping || stopsAt.map { $0 <= .now } ?? false }

    /// Takes a user's place in the queue, to be handed to `submit`. Throws `resourceExhausted` when there is none.
    nonisolated func reserve(_ caller: Principal) throws -> EnrollmentGate.Ticket { try gate.enter(caller.userID) }

    /// Gives back a place that no job was made for.
    nonisolated func giveBack(_ ticket: EnrollmentGate.Ticket) { gate.leave(ticket) }

    /// Writes a job down with its photos and begins it in its turn. A cancelled caller does not leave half of it: it
    /// gets a job, to be abandoned.
    func submit(
        _ request: EnrollRequest, _ supply: PhotoSupply, _ ticket: EnrollmentGate.Ticket, by caller: Principal
    ) async throws -> Started {
        try await Uncancelled.run { try await self.begun(request, supply, ticket, by: caller) }
    }

    private func begun(
        _ request: EnrollRequest, _ supply: PhotoSupply, _ ticket: EnrollmentGate.Ticket, by caller: Principal
    ) async throws -> Started {
        let job: JobRecord
        do {
            job = try await registry.createJob(concept: request.name, request: request.encode(), by: caller)
            do {
                try await photos.keep(supply, of: job)
            } catch {
                let status = StatusMapping.status(of: error)
                try await registry.failJob(
                    job.id, code: "storage", message: "the photos could not be kept: \(status.message)")
                throw error
            }
        } catch {
            gate.leave(ticket)
            throw error
        }
        begin(job, ticket)
        // Nothing has run yet: the job's task needs this actor.
        return Started(job: job, events: events(job.id), task: task(job.id))
    }

    /// Takes up what an earlier process left, the oldest first; users take turns as ever.
    package func recover() async throws {
        let jobs = try await registry.recoverJobs()
        guard !jobs.isEmpty else { return }
        logger.notice("enrollments taken up again", metadata: ["jobs": "\(jobs.count)"])
        for job in jobs { begin(job, try gate.enter(job.userID, always: true)) }
    }

    /// Ends a job of the caller; nothing is committed then.
    func cancel(_ id: String, by caller: Principal) async throws -> JobRecord {
        let job = try await registry.cancelJob(id, by: caller)
        live[id]?.task?.cancel()
        photos.drop(id)
        return job
    }

    /// Ends a job that nobody waits for any more, from a task that may be cancelled. One that is over stays as it is.
    func abandon(_ id: String) async {
        live[id]?.task?.cancel()
        let (registry, photos, logger) = (registry, photos, logger)
        await Uncancelled.run {
            do {
                let job = try await registry.abandonJob(id)
                if job?.state != .failed { photos.drop(id) }
            } catch {
                logger.error("a job's end could not be kept", metadata: ["error": "\(type(of: error))"])
            }
        }
    }

    /// Tries a failed job of the caller again.
    func resume(_ id: String, by caller: Principal) async throws -> JobRecord {
        // Without photos, or without room for what it makes, it would only fail again.
        let failed = try await registry.job(id, of: caller.userID)
        _ = try await photos.photos(of: failed)
        if failed.state == .failed { try await registry.checkRoomForEnrollment(name: failed.concept, by: caller) }
        let ticket = try gate.enter(caller.userID)
        do {
            let job = try await registry.resumeJob(id, by: caller)
            begin(job, ticket)
            return job
        } catch {
            gate.leave(ticket)
            throw error
        }
    }

    /// Ends jobs whose rows were erased, and deletes their photos.
    func drop(_ ids: [String]) {
        for id in ids {
            live[id]?.task?.cancel()
            photos.drop(id)
        }
    }

    /// From `instant` on calls end because the server does.
    package func willStop(at instant: ContinuousClock.Instant) { stopsAt = instant }

    /// Ends what runs without ending the jobs.
    package func stop() async {
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

    private func begin(_ job: JobRecord, _ ticket: EnrollmentGate.Ticket) {
        guard !isStopping, live[job.id] == nil else { return gate.leave(ticket) }
        live[job.id] = Live()
        live[job.id]?.task = Task { try await self.run(job.id, ticket) }
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

    private func run(_ id: String, _ ticket: EnrollmentGate.Ticket) async throws -> CommitResult {
        defer { gate.leave(ticket) }
        do {
            if ticket.ahead > 0 {
                let text =
                    "\(ticket.ahead) enrollment\(ticket.ahead == 1 ? "" : "s") before this one: it begins when its turn "
                    + "comes"
                tell(id, Event(event: .note(EnrollNote(text: text))))
            }
            try await gate.turn(ticket)
            let result = try await train(id)
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
        // One that the server's end cut short goes on later.
        guard !isEnding else { return }
        guard !Task.isCancelled else { return await abandon(id) }
        let status = StatusMapping.status(of: error)
        let (registry, logger) = (registry, logger)
        await Uncancelled.run {
            do {
                try await registry.failJob(id, code: "\(status.code)", message: status.message)
            } catch let error as RegistryError where [.failedPrecondition, .notFound].contains(error.code) {
                // Its owner ended or erased it at the same moment.
            } catch {
                logger.error("a job's failure could not be kept", metadata: ["error": "\(type(of: error))"])
            }
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
            do {
                others.append(try await registry.artifact(digest, of: work.job.userID))
            } catch let error as RegistryError where [.notFound, .dataLoss].contains(error.code) {}
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
        if request.fromKept {
            // Those that are kept still: their owner may have dropped them meanwhile.
            commit.photosOfVersion = request.wantedVersion
        } else if request.keepPhotos {
            commit.photos = staged.map { ($0.name, $0.bytes) }
        }
        return try await registry.commit(commit, by: work.principal, job: id)
    }

    private func withProgress(_ id: String, _ request: EnrollmentRequest) async throws -> EnrolledConcept {
        let (events, source) = AsyncStream.makeStream(of: EnrollmentProgress.self)
        let training = training
        return try await withThrowingTaskGroup(of: EnrolledConcept.self) { group in
            group.addTask {
                defer { source.finish() }
                return try await training(request) { source.yield($0) }
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
        } catch is CancellationError {
            // The job ends anyway.
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
