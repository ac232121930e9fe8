package import Logging
package import RPC
package import Registry
package import Runtime
import VLM

/// Runs enrollments as jobs: stored before they begin, ended only by their owner or their last step, and resumed by the
/// next process when this one ends. An actor.
///
/// A job ends in exactly one state, and that state is recorded uncancelled: `cancelled` when its owner or the call it
/// belongs to ended it, `failed` when it could not go on, `succeeded` in the transaction that makes its version.
package actor JobRunner {
    package typealias Event = RPCMessages.EnrollEvent
    /// The training on a model: an `Enroller`, or a test's replacement.
    package typealias Training =
        @Sendable (
            EnrollmentRequest, _ model: String, @escaping @Sendable (EnrollmentProgress) -> Void
        ) async throws -> EnrolledConcept

    private struct Live {
        var task: Task<CommitResult, any Error>?
        var listeners: [UInt64: AsyncStream<Event>.Continuation] = [:]
        var progress = JobProgress()
    }

    /// How a job that ran here ended.
    private enum Ending {
        case succeeded
        case cancelled
        case failed(RPCError)
        /// The server's shutdown cut it short: the next process continues it.
        case interrupted
    }

    /// A job that was begun; it has no task when the server is stopping, and the next process begins it.
    package struct Started: Sendable {
        let job: JobRecord
        let events: AsyncStream<Event>?
        let task: Task<CommitResult, any Error>?
    }

    private let registry: RegistryStore
    private let photos: JobPhotos
    private let gate: EnrollmentGate
    private let pipeline: EnrollmentPipeline
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
        pipeline = EnrollmentPipeline(registry: registry, photos: photos, training: training)
        self.logger = logger
    }

    /// Whether calls now end because the server does, and not their callers: jobs that are running then are resumed by
    /// the next process.
    package var isEnding: Bool { isStopping || stopsAt.map { $0 <= .now } ?? false }

    /// Takes a user's place in the queue, to be handed to `submit`. Throws `resourceExhausted` when there is none.
    nonisolated func reserve(_ caller: Principal) throws -> EnrollmentGate.Ticket { try gate.enter(caller.userID) }

    /// Gives back a place that no job was made for.
    nonisolated func giveBack(_ ticket: EnrollmentGate.Ticket) { gate.leave(ticket) }

    /// Stores a job with its photos and begins it when its turn comes. A cancelled caller does not leave half of it
    /// behind: it gets a job, to be abandoned.
    func submit(
        _ request: EnrollRequest, _ source: PhotoSource, _ ticket: EnrollmentGate.Ticket, by caller: Principal
    ) async throws -> Started {
        try await Uncancelled.run { try await self.begun(request, source, ticket, by: caller) }
    }

    private func begun(
        _ request: EnrollRequest, _ source: PhotoSource, _ ticket: EnrollmentGate.Ticket, by caller: Principal
    ) async throws -> Started {
        let (registry, photos, gate) = (registry, photos, gate)
        let job = try await Uncancelled.undoing {
            let job = try await registry.createJob(concept: request.name, request: request.encode(), by: caller)
            try await Uncancelled.undoing {
                try await photos.keep(source, of: job)
            } undo: { error in
                await self.fail(
                    job.id, code: "storage",
                    message: "the photos could not be kept: \(StatusMapping.status(of: error).message)")
            }
            return job
        } undo: { _ in
            source.remove()
            gate.leave(ticket)
        }
        begin(job, ticket)
        // Nothing has run yet: the job's task needs this actor.
        return Started(job: job, events: events(job.id), task: task(job.id))
    }

    /// Resumes the jobs that an earlier process left, the oldest first; users take turns as always.
    package func recover() async throws {
        let jobs = try await registry.recoverJobs()
        guard !jobs.isEmpty else { return }
        logger.notice("enrollments resumed", metadata: ["jobs": "\(jobs.count)"])
        for job in jobs { begin(job, try gate.enter(job.userID, always: true)) }
    }

    /// Ends a job of the caller; nothing is committed then.
    func cancel(_ id: String, by caller: Principal) async throws -> JobRecord {
        let job = try await registry.cancelJob(id, by: caller)
        live[id]?.task?.cancel()
        photos.drop(id)
        return job
    }

    /// Ends a job that nobody waits for any more, from a task that may be cancelled. A finished one stays as it is.
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
        let (registry, gate, ticket) = (registry, gate, try gate.enter(caller.userID))
        let job = try await Uncancelled.undoing {
            try await registry.resumeJob(id, by: caller)
        } undo: { _ in
            gate.leave(ticket)
        }
        begin(job, ticket)
        return job
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

    /// Stops running jobs without ending them: the next process resumes them.
    package func stop() async {
        isStopping = true
        let tasks = live.values.compactMap(\.task)
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
    }

    /// The events of a job from now on, until it ends. Nil for a job that does not run here.
    func events(_ id: String) -> AsyncStream<Event>? {
        guard live[id] != nil else { return nil }
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(256))
        nextListener += 1
        let listener = nextListener
        for event in live[id]?.progress.history ?? [] { continuation.yield(Event(progress: event)) }
        live[id]?.listeners[listener] = continuation
        continuation.onTermination = { [weak self] _ in
            Task { await self?.forget(id, listener) }
        }
        return stream
    }

    /// The task of a running job; nil for one that does not run here.
    package func task(_ id: String) -> Task<CommitResult, any Error>? { live[id]?.task }

    /// The last step of a running job.
    func progress(_ id: String) -> EnrollProgress? { live[id]?.progress.step.map { EnrollProgress(step: $0) } }

    private func forget(_ id: String, _ listener: UInt64) { live[id]?.listeners[listener] = nil }

    private func begin(_ job: JobRecord, _ ticket: EnrollmentGate.Ticket) {
        guard !isStopping, live[job.id] == nil else { return gate.leave(ticket) }
        live[job.id] = Live()
        live[job.id]?.task = Task { try await self.run(job.id, ticket) }
    }

    /// Passes a job's progress on: to its listeners, to later ones, and to its row.
    private func tell(_ id: String, _ event: EnrollmentProgress) async {
        let stage = live[id]?.progress.take(event)
        if let listeners = live[id]?.listeners {
            for listener in listeners.values { listener.yield(Event(progress: event)) }
        }
        guard let stage else { return }
        do {
            try await registry.setStage(stage, of: id)
        } catch is CancellationError {
            // The job is ending anyway.
        } catch {
            // The stage is informative; the job itself does not need it.
            logger.warning("a job's stage could not be kept", metadata: ["error": "\(type(of: error))"])
        }
    }

    private func run(_ id: String, _ ticket: EnrollmentGate.Ticket) async throws -> CommitResult {
        do {
            if ticket.ahead > 0 {
                let enrollments = "\(ticket.ahead) enrollment\(ticket.ahead == 1 ? "" : "s")"
                await tell(id, .note("\(enrollments) before this one: it begins when its turn comes"))
            }
            try await gate.turn(ticket)
            let result = try await pipeline.run(id) { await self.tell(id, $0) }
            await settle(id, ticket, .succeeded)
            return result
        } catch {
            // The server's shutdown cancels the task too, without the owner having asked for it.
            let ending: Ending =
                isEnding ? .interrupted : Task.isCancelled ? .cancelled : .failed(StatusMapping.status(of: error))
            await settle(id, ticket, ending)
            throw error
        }
    }

    /// The one place where a job that ran here is cleaned up, whatever ended it, including cancellation of its task:
    /// its row, its photos, its listeners, its place in the queue.
    private func settle(_ id: String, _ ticket: EnrollmentGate.Ticket, _ ending: Ending) async {
        switch ending {
        // Its row ended with the commit.
        case .succeeded: photos.drop(id)
        case .cancelled: await abandon(id)
        case .failed(let status): await fail(id, code: "\(status.code)", message: status.message)
        case .interrupted: break
        }
        if let job = live.removeValue(forKey: id) {
            for listener in job.listeners.values { listener.finish() }
        }
        gate.leave(ticket)
    }

    /// Records why a job failed, from a task that may be cancelled; its photos stay, for another try.
    private func fail(_ id: String, code: String, message: String) async {
        let (registry, logger) = (registry, logger)
        await Uncancelled.run {
            do {
                try await registry.failJob(id, code: code, message: message)
            } catch let error as RegistryError where [.failedPrecondition, .notFound].contains(error.code) {
                // Its owner ended or erased it at the same moment.
            } catch {
                logger.error("a job's failure could not be kept", metadata: ["error": "\(type(of: error))"])
            }
        }
    }
}
