import Foundations
import RPC
import Registry
import Runtime
import VLM

/// The calls of `myvlm.v1.Server`.
struct StatusService: ServerServing {
    let models: ModelShelf
    let gate: EnrollmentGate
    let registry: RegistryStore
    let meter: RateMeter
    let started: ContinuousClock.Instant
    let clock: @Sendable () -> Int64

    func status(_: StatusRequest, _ context: CallContext) async throws -> StatusReply {
        try await reply(to: context.caller)
    }

    /// Release, model and times for everybody. The load of the whole server is for administrators and auditors; a user
    /// sees only the streams and enrollments of its own.
    private func reply(to caller: Principal) async throws -> StatusReply {
        let first = models.first
        var reply = StatusReply(
            version: Release.version, modelName: first.name, modelDigest: first.digest,
            uptimeMs: (ContinuousClock.now - started).milliseconds, serverTimeMs: clock(),
            models: models.served(tellsProblems: caller.role != .user))
        guard caller.role != .user else {
            reply.activeRequests = UInt32(
                clamping: meter.counts(caller.userID, perMinute: caller.requestsPerMinute).streams)
            let open = try await registry.jobs(of: caller.userID).count { !$0.state.isOver }
            reply.enrollments = UInt32(clamping: open)
            return reply
        }
        let enrollments = gate.counts
        reply.enrollments = UInt32(clamping: enrollments.running + enrollments.waiting)
        for vision in models.runtimes {
            let statistics = await vision.statistics()
            reply.activeRequests += UInt32(clamping: statistics.running)
            reply.queuedRequests += UInt32(clamping: max(0, statistics.admitted - statistics.running))
            reply.residentSets += UInt32(clamping: statistics.residentConcepts)
            reply.residentBytes += UInt64(clamping: statistics.residentBytes)
        }
        return reply
    }
}
