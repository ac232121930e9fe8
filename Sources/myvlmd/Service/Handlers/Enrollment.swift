package import RPC
package import Registry
import Rules
import Runtime
import VLM

/// The call that turns an enrollment into a job and reports its progress.
package struct Enrollment: Sendable {
    /// Sends an event to whoever called.
    package typealias Writer = @Sendable (EnrollEvent) async throws -> Void

    let registry: RegistryStore
    let stage: UploadStage
    let jobs: JobRunner
    let door: EnrollmentDoor
    /// The name of the model for which a concept, made for the one of a digest, is trained again; empty is the first.
    let nameOfModel: @Sendable (_ digest: String) throws -> String

    /// The call's parts.
    package init(
        registry: RegistryStore, stage: UploadStage, jobs: JobRunner, door: EnrollmentDoor,
        nameOfModel: @escaping @Sendable (_ digest: String) throws -> String = { _ in "" }
    ) {
        self.registry = registry
        self.stage = stage
        self.jobs = jobs
        self.door = door
        self.nameOfModel = nameOfModel
    }

    /// Runs one enrollment. Unless it is detached it ends with its call: whatever ends the call before the commit
    /// cancels the job, and no version is made. The upload is used up, however the enrollment ends: a job keeps its own
    /// photos.
    package func run(_ request: EnrollRequest, by caller: Principal, to write: @escaping Writer) async throws {
        let (stage, jobs) = (stage, jobs)
        let started = try await Uncancelled.undoing {
            try await admitted(request, by: caller)
        } undo: { _ in
            await stage.drop(request.uploadId, owner: caller.userID)
        }
        guard let work = started.task else {
            throw RPCError(
                code: .unavailable,
                message: "the server is stopping; the enrollment continues after its next start: `myvlm jobs list`")
        }
        try await Uncancelled.undoing {
            try await withTaskCancellationHandler {
                try await tell(started.job, started.events, to: write)
                try await write(EnrollEvent(result: try await work.value))
            } onCancel: {
                // At once: nothing may be committed while the job's end is being recorded.
                if !request.detach { work.cancel() }
            }
        } undo: { _ in
            let stops = await jobs.isEnding
            if !request.detach, !stops { await jobs.abandon(started.job.id) }
        }
    }

    /// Throws unless an enrollment would be accepted, before its photos are sent.
    func check(_ request: EnrollRequest, by caller: Principal) async throws {
        if request.fromKept {
            let order = try await KeptOrder(request, by: caller, from: registry, nameOfModel)
            try await door.check(order.request, photos: order.photos.count, by: caller)
        } else {
            try await door.check(request, photos: nil, by: caller)
        }
        jobs.giveBack(try jobs.reserve(caller))
    }

    /// Reports a job's progress from now on, without affecting it.
    func attach(_ id: String, by caller: Principal, to write: @escaping Writer) async throws {
        let job = try await registry.job(id, of: caller.userID)
        // A cancelled job may still be finishing a step: there is nothing to wait for.
        let work = job.state.isOver ? nil : await jobs.task(id)
        try await tell(job, job.state.isOver ? nil : await jobs.events(id), to: write)
        if let work { try await write(EnrollEvent(result: try await work.value)) }
    }

    /// Checks everything that can be checked, takes a place in the queue and only then the photos, and creates the job.
    private func admitted(_ request: EnrollRequest, by caller: Principal) async throws -> JobRunner.Started {
        if request.fromKept {
            let order = try await KeptOrder(request, by: caller, from: registry, nameOfModel)
            // The photos are stored already: they take no more room.
            try await door.check(order.request, photos: order.photos.count, by: caller)
            return try await begun(order.request, by: caller) { order.source(of: caller, from: registry) }
        }
        guard !request.uploadId.isEmpty else {
            throw RPCError(code: .invalidArgument, message: "no photos: upload them first and name the upload")
        }
        let upload = await stage.uploads(of: caller.userID).first { $0.id == request.uploadId }
        try await door.check(request, photos: upload?.photos, photoBytes: upload?.bytes ?? 0, by: caller)
        return try await begun(request, by: caller) {
            .upload(try await stage.take(request.uploadId, owner: caller.userID))
        }
    }

    private func begun(
        _ request: EnrollRequest, by caller: Principal, taking photos: () async throws -> PhotoSource
    ) async throws -> JobRunner.Started {
        let (jobs, ticket) = (jobs, try jobs.reserve(caller))
        let source = try await Uncancelled.undoing {
            try Task.checkCancellation()
            return try await photos()
        } undo: { _ in
            jobs.giveBack(ticket)
        }
        return try await jobs.submit(request, source, ticket, by: caller)
    }

    /// The job itself, then its events until it ends. Throws when the call ends first.
    private func tell(_ job: JobRecord, _ events: AsyncStream<EnrollEvent>?, to write: Writer) async throws {
        try await write(EnrollEvent(event: .job(Job(record: job, progress: await jobs.progress(job.id)))))
        if let events {
            for await event in events { try await write(event) }
        }
        try Task.checkCancellation()
    }
}

extension EnrollDone {
    init(result: CommitResult) {
        self.init(version: ConceptVersion(record: result.version), created: result.created)
    }
}

extension EnrollEvent {
    fileprivate init(result: CommitResult) { self.init(event: .done(EnrollDone(result: result))) }

    init(progress: EnrollmentProgress) {
        switch progress {
        case .stage(let stage): self.init(event: .stage(EnrollStage(name: stage.rawValue)))
        case .note(let text): self.init(event: .note(EnrollNote(text: text)))
        case .step(let step): self.init(event: .progress(EnrollProgress(step: step)))
        }
    }
}

extension EnrollProgress {
    init(step: TrainingStep) {
        self.init(
            step: UInt32(step.step), steps: UInt32(step.steps), loss: step.loss, crossEntropy: step.crossEntropy,
            regularization: step.regularization, secondsLeft: Float(step.secondsLeft), sample: step.sample ?? "")
    }
}
