import Foundation
import Registry
import Rules
import Testing

@Suite(.timeLimit(.minutes(10))) struct JobTests {
    @Test func everyStateKnowsWhatMayHappenToIt() {
        var table: [String] = []
        for state in JobState.allCases {
            for event in JobState.Event.allCases {
                if let next = state.after(event) { table.append("\(state) \(event) \(next)") }
            }
        }
        #expect(
            table == [
                "queued start running", "queued fail failed", "queued cancel cancelled", "running interrupt queued",
                "running succeed succeeded", "running fail failed", "running cancel cancelled",
                "failed cancel cancelled", "failed resume queued",
            ])
        #expect(JobState.allCases.filter(\.isOver) == [.succeeded, .failed, .cancelled])
    }

    @Test func aJobRunsAndItsVersionIsCommittedWithIt() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let other = try await store.commit(enrollment("cup", "1"), by: anna)
        let job = try await store.createJob(concept: "mug", request: [1, 2, 3], by: anna)
        #expect(job.state == .queued && job.attempts == 0)
        let work = try await store.startJob(job.id)
        #expect(work.request == [1, 2, 3] && work.others == [other.version.digest])
        #expect(work.job.state == .running && work.job.attempts == 1 && work.principal.userID == anna.userID)
        try await store.setStage(.trainingHead, of: job.id)
        harness.clock.advance(5_000)
        let result = try await store.commit(enrollment("mug", "1"), by: work.principal, job: job.id)
        let done = try await store.job(job.id, of: anna.userID)
        #expect(done.state == .succeeded && done.version == result.version.number && done.spentMs == 5_000)
        #expect(done.stage == "training head" && done.finishedAtMs == harness.clock.now)
        // Nothing is committed twice.
        await expectError(.failedPrecondition, "is succeeded") {
            try await store.commit(enrollment("mug", "2"), by: work.principal, job: job.id)
        }
        await expectError(.failedPrecondition) { try await store.startJob(job.id) }
        await expectError(.failedPrecondition) { try await store.cancelJob(job.id, by: anna) }
        #expect(try await store.versions(of: "mug", userID: anna.userID).count == 1)
    }

    /// A job whose call has ended is ended whoever its owner is by now, once, and from a task that is cancelled.
    @Test func anAbandonedJobIsOverOnce() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let running = try await store.createJob(concept: "mug", request: [1], by: anna)
        _ = try await store.startJob(running.id)
        harness.clock.advance(2_000)
        _ = try await store.setSuspended(true, name: "anna", by: .console)
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await #expect(throws: CancellationError.self) { try await store.abandonJob(running.id) }
            return try await Uncancelled.run { try await store.abandonJob(running.id) }
        }
        let ended = try await cancelled.value
        #expect(ended?.state == .cancelled && ended?.spentMs == 2_000)
        #expect(try await store.abandonJob(running.id) == ended)
        #expect(try await store.recoverJobs().isEmpty)
        #expect(try await store.abandonJob("none") == nil)
        _ = try await store.setSuspended(false, name: "anna", by: .console)
        let back = try await harness.store.authenticate(try await harness.login("anna").token)
        let failed = try await store.createJob(concept: "mug", request: [1], by: back)
        try await store.failJob(failed.id, code: "x", message: "y")
        #expect(try await store.abandonJob(failed.id)?.state == .failed)
    }

    /// What waits or trains is counted before another is taken on: each would be refused after its training.
    @Test func enrollmentsOnTheirWayCountAgainstTheQuota() async throws {
        let harness = try Harness { $0.quotas.conceptsPerUser = 2 }
        let store = harness.store
        let anna = try await harness.user("anna")
        _ = try await store.commit(enrollment("cup", "1"), by: anna)
        let waiting = try await store.createJob(concept: "Mug", request: [], by: anna)
        await expectError(.resourceExhausted, "2 of 2") {
            try await store.checkRoomForEnrollment(name: "rex", by: anna)
        }
        // The same name once more, or another version of what there is, needs no further concept.
        try await store.checkRoomForEnrollment(name: "mug", by: anna)
        try await store.checkRoomForEnrollment(name: "cup", by: anna)
        try await store.cancelJob(waiting.id, by: anna)
        try await store.checkRoomForEnrollment(name: "rex", by: anna)
        await expectError(.resourceExhausted, "bytes are in use") {
            try await store.checkRoomForEnrollment(
                name: "rex", bytes: harness.configuration.quotas.bytesPerUser, by: anna)
        }
    }

    @Test func jobsOutliveTheProcessAndTrainAgainstTheSame() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let other = try await harness.store.commit(enrollment("cup", "1"), by: anna)
        let running = try await harness.store.createJob(concept: "mug", request: [7], by: anna)
        harness.clock.advance(1)
        let waiting = try await harness.store.createJob(concept: "rex", request: [8], by: anna)
        _ = try await harness.store.startJob(running.id)
        _ = try await harness.store.commit(enrollment("cup", "2"), by: anna)
        try harness.store.close()
        harness.clock.advance(60_000)
        let store = try RegistryStore(harness.configuration)
        #expect(try await store.recoverJobs().map(\.id) == [running.id, waiting.id])
        let again = try await store.startJob(running.id)
        #expect(again.job.attempts == 2 && again.request == [7] && again.others == [other.version.digest])
        #expect(try await store.photosWanted(since: 0) == [running.id, waiting.id])
        try store.close()
    }

    @Test func failedJobsTellWhyAndCanBeResumed() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let ben = try await harness.user("ben")
        let job = try await store.createJob(concept: "mug", request: [], by: anna)
        _ = try await store.startJob(job.id)
        let failed = try await store.failJob(job.id, code: "invalidArgument", message: "no face in one.jpg")
        #expect(failed.state == .failed && failed.error == "no face in one.jpg")
        await expectError(.notFound) { try await store.job(job.id, of: ben.userID) }
        await expectError(.notFound) { try await store.resumeJob(job.id, by: ben) }
        await expectError(.notFound) { try await store.cancelJob(job.id, by: ben) }
        #expect(try await store.resumeJob(job.id, by: anna).state == .queued)
        #expect(try await store.job(job.id, of: anna.userID).error.isEmpty)
        #expect(try await store.cancelJob(job.id, by: anna).state == .cancelled)
        await expectError(.failedPrecondition) { try await store.resumeJob(job.id, by: anna) }
        #expect(try await store.jobs(of: anna.userID).map(\.id) == [job.id])
        #expect(try await store.jobs(of: ben.userID).isEmpty)
    }

    @Test func requestsAndFilesAreSealedAndGoWithTheirUser() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        let secret = Array("the captions of a photo".utf8)
        let job = try await harness.store.createJob(concept: "mug", request: secret, by: anna)
        let sealed = try await harness.store.seal(secret, for: anna.userID, context: job.id + "/0")
        #expect(try await harness.store.unseal(sealed, of: anna.userID, context: job.id + "/0") == secret)
        await expectError(.dataLoss) {
            try await harness.store.unseal(sealed, of: anna.userID, context: job.id + "/1")
        }
        for file in ["registry.sqlite", "registry.sqlite-wal"] {
            #expect(try await !contains(readAll(harness.directory + "/" + file), "captions of a photo"))
        }
        _ = try await harness.store.eraseUser("anna", by: .console)
        await expectError(.dataLoss) {
            try await harness.store.unseal(sealed, of: anna.userID, context: job.id + "/0")
        }
        #expect(try await harness.store.photosWanted(since: 0).isEmpty)
    }
}
