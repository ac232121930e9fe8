import RPC
import Registry
import Runtime
import VLM

/// The call that makes an enrollment a job and tells how it goes.
struct Enrollment: Sendable {
    let registry: RegistryStore
    let stage: UploadStage
    let jobs: JobRunner

    /// Runs one enrollment. Unless it is detached it ends with its call: whatever ends the call before the commit
    /// leaves no version. A failed one hands the upload back.
    func run(_ request: EnrollRequest, by caller: Principal, to writer: ResponseWriter<EnrollEvent>) async throws {
        try check(request)
        try await registry.checkRoomForEnrollment(name: request.name, ifVersion: request.wantedVersion, by: caller)
        let count = try await stage.claim(request.uploadId, owner: caller.userID)
        let started: JobRunner.Started
        do {
            try checkCaptions(request, photos: count)
            started = try await jobs.submit(request, try await stage.photos(request.uploadId), by: caller)
        } catch {
            await stage.release(request.uploadId)
            throw error
        }
        do {
            try await withTaskCancellationHandler {
                try await tell(started.job, started.events, to: writer)
            } onCancel: {
                // At once: no commit may slip in while the job's end is being written down.
                if !request.detach { started.task?.cancel() }
            }
        } catch {
            let stops = await jobs.isStopping
            // It may be over already.
            if !request.detach, !stops { _ = try? await jobs.cancel(started.job.id, by: caller) }
            await stage.discard(request.uploadId)
            throw error
        }
        do {
            guard let result = try await started.task?.value else { return await stage.discard(request.uploadId) }
            await stage.discard(request.uploadId)
            try await writer.write(EnrollEvent(result: result))
        } catch {
            await stage.release(request.uploadId)
            throw error
        }
    }

    /// Tells how a job goes from now on, without any say in it.
    func attach(_ id: String, by caller: Principal, to writer: ResponseWriter<EnrollEvent>) async throws {
        let job = try await registry.job(id, of: caller.userID)
        // One that was cancelled may still be on its way to the end of a step: there is nothing to wait for.
        let work = job.state.isOver ? nil : await jobs.task(id)
        try await tell(job, job.state.isOver ? nil : await jobs.events(id), to: writer)
        if let work { try await writer.write(EnrollEvent(result: try await work.value)) }
    }

    /// The job itself, then its events until it ends. Throws when the call ends first.
    private func tell(
        _ job: JobRecord, _ events: AsyncStream<EnrollEvent>?, to writer: ResponseWriter<EnrollEvent>
    ) async throws {
        try await writer.write(EnrollEvent(event: .job(Job(record: job, progress: await jobs.progress(job.id)))))
        if let events {
            for await event in events { try await writer.write(event) }
        }
        try Task.checkCancellation()
    }

    private func check(_ request: EnrollRequest) throws {
        try Names.check(request.name, what: "the concept's name")
        if !request.identifier.isEmpty { try Names.check(request.identifier, what: "the identifier") }
        if !request.classNoun.isEmpty { try Names.check(request.classNoun, what: "the class") }
        switch request.kind {
        case .object, .person, .unspecified: break
        case .unrecognized:
            throw RPCError(
                code: .invalidArgument, message: "this server knows objects and persons; say one of them, or nothing")
        }
        switch request.task {
        case .caption, .questions: break
        case .unrecognized:
            throw RPCError(code: .invalidArgument, message: "this server teaches captions or questions")
        }
        try Names.checkText(request.reason, what: "the reason", limit: 1_000)
        guard !request.uploadId.isEmpty else {
            throw RPCError(code: .invalidArgument, message: "no photos: upload them first and name the upload")
        }
    }

    private func checkCaptions(_ request: EnrollRequest, photos: Int) throws {
        guard request.captions.count <= 200 else {
            throw RPCError(code: .invalidArgument, message: "\(request.captions.count) captions; 200 are allowed")
        }
        for caption in request.captions {
            try Names.checkText(caption.text, what: "a caption", limit: 500)
            guard Int(caption.photo) < photos else {
                throw RPCError(
                    code: .invalidArgument,
                    message: "a caption names photo \(caption.photo), but there are \(photos), counted from 0")
            }
        }
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
        case .step(let step):
            self.init(
                event: .progress(
                    EnrollProgress(
                        step: UInt32(step.step), steps: UInt32(step.steps), loss: step.loss,
                        crossEntropy: step.crossEntropy, regularization: step.regularization,
                        secondsLeft: Float(step.secondsLeft), sample: step.sample ?? "")))
        }
    }
}
