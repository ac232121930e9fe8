import RPC
import Registry

/// The calls of `myvlm.v1.Jobs`.
struct JobsService: JobsServing {
    let registry: RegistryStore
    let jobs: JobRunner
    let enrollment: Enrollment

    func listJobs(_ request: ListJobsRequest, _ context: CallContext) async throws -> ListJobsReply {
        var found: [Job] = []
        for record in try await registry.jobs(of: context.caller.userID, limit: Int(request.limit)) {
            found.append(Job(record: record, progress: await jobs.progress(record.id)))
        }
        return ListJobsReply(jobs: found)
    }

    func getJob(_ request: JobRequest, _ context: CallContext) async throws -> Job {
        let record = try await registry.job(request.id, of: context.caller.userID)
        return Job(record: record, progress: await jobs.progress(record.id))
    }

    func cancelJob(_ request: JobRequest, _ context: CallContext) async throws -> Job {
        Job(record: try await jobs.cancel(request.id, by: context.caller), progress: nil)
    }

    func resumeJob(_ request: JobRequest, _ context: CallContext) async throws -> Job {
        Job(record: try await jobs.resume(request.id, by: context.caller), progress: nil)
    }

    func attachJob(_ request: JobRequest, _ writer: ResponseWriter<EnrollEvent>, _ context: CallContext) async throws {
        try await enrollment.attach(request.id, by: context.caller) { try await writer.write($0) }
    }
}

extension Job {
    init(record: JobRecord, progress: EnrollProgress?) {
        self.init(
            id: record.id, concept: record.concept, state: record.state.rawValue, stage: record.stage,
            step: progress?.step ?? 0, steps: progress?.steps ?? 0, attempts: UInt32(record.attempts),
            createdAtMs: record.createdAtMs, startedAtMs: record.startedAtMs ?? 0,
            finishedAtMs: record.finishedAtMs ?? 0, spentMs: record.spentMs, error: record.error,
            version: UInt32(record.version ?? 0))
    }
}
