import RPC
import Runtime
import VLM

/// The calls of `myvlm.v1.Server`.
struct StatusService: Sendable {
    let vision: PersonalizedVLM
    let gate: EnrollmentGate
    let runner: CallRunner
    let started: ContinuousClock.Instant
    let clock: @Sendable () -> Int64

    func register(in services: inout Services) {
        let service = self
        services.register(ServerMethods.status, options: .init(maximumRequestBytes: 1 << 10, unpackedBytes: 16 << 10)) {
            _, context in
            try await service.runner.run(context) { await service.reply() }
        }
    }

    private func reply() async -> StatusReply {
        let statistics = await vision.statistics()
        let enrollments = gate.counts
        return StatusReply(
            version: ServerVersion.current, modelName: vision.model.identity.name,
            modelDigest: vision.model.identity.digest, uptimeMs: (ContinuousClock.now - started).milliseconds,
            activeRequests: UInt32(statistics.running),
            queuedRequests: UInt32(max(0, statistics.admitted - statistics.running)),
            enrollments: UInt32(enrollments.running + enrollments.waiting),
            residentSets: UInt32(statistics.residentConcepts), residentBytes: UInt64(statistics.residentBytes),
            serverTimeMs: clock())
    }
}
