import Foundation
import Registry
import Service
import Testing
import WaitingTestSupport

/// An enrollment that is cut short at every place where it can be. Written down as it was begun, it used to stay
/// "running" when its call was cancelled, because the database refuses to write in a cancelled task; the next start of the
/// server then trained and committed it.
@Suite(.timeLimit(.minutes(10))) struct InterruptedEnrollmentTests {
    private func folder() -> String { NSTemporaryDirectory() + "myvlm-bench-\(UUID().uuidString)" }

    /// Cancelled anywhere: the job is over, as it says, and nothing of it comes back.
    @Test func cancelledAnywhereItIsOver() async throws {
        var states: Set<String> = []
        for n in 1... {
            let folder = folder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let bench = try await EnrollmentBench(folder)
            try await bench.enroll(at: n) { $0.cancel() }
            let happened = bench.interference.happened
            bench.interference.disarm()
            let (state, versions) = try await bench.outcome()
            states.insert(state?.rawValue ?? "none")
            switch state {
            case nil, .cancelled: #expect(versions == 0, "place \(n): \(String(describing: state)) with a version")
            case .succeeded: #expect(versions == 1, "place \(n)")
            default: Issue.record("place \(n): the job is \(String(describing: state))")
            }
            #expect(await bench.stage.waitingBytes == 0 && bench.files("uploads").isEmpty, "place \(n): staged photos")
            #expect(bench.files("jobs").isEmpty, "place \(n): photos of the job")
            let spent = try await bench.registry.usage(of: bench.caller).first { $0.name == .enrollmentMinutesPerDay }
            #expect(spent?.used == 0, "place \(n)")
            // There is room for another at once.
            bench.gate.leave(try bench.gate.enter(bench.caller.userID))
            try bench.registry.close()
            let next = try await EnrollmentBench(folder)
            #expect(try await next.registry.recoverJobs().isEmpty, "place \(n): taken up again")
            #expect(try await next.outcome().versions == versions, "place \(n)")
            try next.registry.close()
            guard happened else { break }
        }
        // Before there was a job, while it ran, and after the commit.
        #expect(states == ["none", "cancelled", "succeeded"])
    }

    /// Who asked for a detached one may leave at any place after it was told of it.
    @Test func detachedItGoesOn() async throws {
        for n in 1... {
            let folder = folder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let bench = try await EnrollmentBench(folder)
            try await bench.enroll(detach: true, at: n) { $0.cancel() }
            let happened = bench.interference.happened
            bench.interference.disarm()
            let (state, versions) = try await bench.outcome()
            #expect(
                state == nil ? versions == 0 : state == .succeeded && versions == 1,
                "place \(n): \(String(describing: state))")
            #expect(await bench.stage.waitingBytes == 0 && bench.files("jobs").isEmpty, "place \(n)")
            try bench.registry.close()
            guard happened else { break }
        }
    }

    /// A server that stops ends calls too; what they asked for is taken up by the next one.
    @Test func aStoppedServerLeavesItsJobs() async throws {
        var resumed = 0
        for n in 1... {
            let folder = folder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let bench = try await EnrollmentBench(folder)
            let jobs = bench.jobs
            try await bench.enroll(at: n) { call in
                Task {
                    await jobs.willStop(at: .now)
                    call.cancel()
                    await jobs.stop()
                }
            }
            await jobs.stop()
            let happened = bench.interference.happened
            bench.interference.disarm()
            let (state, versions) = try await bench.outcome()
            #expect(state != .cancelled && state != .failed, "place \(n): \(String(describing: state))")
            #expect(versions == (state == .succeeded ? 1 : 0), "place \(n)")
            try bench.registry.close()
            let next = try await EnrollmentBench(folder)
            try await next.jobs.recover()
            try await eventually("the gate is empty") {
                next.gate.counts.running + next.gate.counts.waiting == 0
            }
            let ended = try await next.outcome()
            #expect(state == nil ? ended.versions == 0 : ended.state == .succeeded && ended.versions == 1, "place \(n)")
            if let state, !state.isOver { resumed += 1 }
            try next.registry.close()
            guard happened else { break }
        }
        #expect(resumed > 0)
    }
}
