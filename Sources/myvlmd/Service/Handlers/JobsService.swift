import RPC
import Registry

/// The calls of `myvlm.v1.Jobs`.
struct JobsService: Sendable {
    let registry: RegistryStore
    let jobs: JobRunner
    let enrollment: Enrollment
    let runner: CallRunner

    func register(in services: inout Services) {
        let (registry, jobs, enrollment, runner) = (registry, jobs, enrollment, runner)
        let small = MethodOptions(maximumRequestBytes: 4 << 10, unpackedBytes: 64 << 10)
        services.register(JobsMethods.listJobs, options: small) { request, context in
            try await runner.run(context) {
                var found: [Job] = []
                for record in try await registry.jobs(of: context.caller.userID, limit: Int(request.limit)) {
                    found.append(Job(record: record, progress: await jobs.progress(record.id)))
                }
                return ListJobsReply(jobs: found)
            }
        }
        services.register(JobsMethods.getJob, options: small) { request, context in
            try await runner.run(context) {
                let record = try await registry.job(request.id, of: context.caller.userID)
                return Job(record: record, progress: await jobs.progress(record.id))
            }
        }
        services.register(JobsMethods.cancelJob, options: small) { request, context in
            try await runner.run(context) {
                Job(record: try await jobs.cancel(request.id, by: context.caller), progress: nil)
            }
        }
        services.register(JobsMethods.resumeJob, options: small) { request, context in
            try await runner.run(context) {
                Job(record: try await jobs.resume(request.id, by: context.caller), progress: nil)
            }
        }
        services.register(JobsMethods.attachJob, options: small) { request, writer, context in
            try await runner.run(context) {
                try await enrollment.attach(request.id, by: context.caller) { try await writer.write($0) }
            }
        }
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
