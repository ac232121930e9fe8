import Client
import Foundation
import Foundations
import ProcessTestSupport
import RPC
import Service
import Testing
import VLM
import WaitingTestSupport

/// However a call ends that was not detached, its enrollment ends with it, and nothing of it comes back.
@Suite(.timeLimit(.minutes(10))) struct CancelledJobTests {
    /// The ways in which a call ends.
    private enum End: CaseIterable { case cancelled, connectionLost, tokenRevoked, byItsOwner, accountSuspended }

    /// A client logged in once more.
    private func login(_ harness: Harness, _ name: String) async throws -> MyVLMClient {
        let client = try harness.client()
        _ = try await client.login(user: name, password: Harness.userPassword)
        return client
    }

    @Test func theJobEndsAtOnceAndIsNotTakenUpAgain() async throws {
        for end in End.allCases {
            let left = NSTemporaryDirectory() + "myvlm-cancelled-\(UUID().uuidString)"
            defer { try? FileManager.default.removeItem(atPath: left) }
            let barrier = Barrier()
            try await Harness.run(.heldBack(barrier)) { harness in
                let ann = try await harness.user("ann")
                let watcher = try await login(harness, "ann")
                let admin = try await harness.admin()
                let order = try Harness.order("zibo")
                let enrollment = Task { try await ann.enrolled(order) }
                for await _ in barrier.reached { break }
                let job = try #require(try await watcher.jobs().first)
                #expect(job.state == "running")
                switch end {
                case .cancelled: enrollment.cancel()
                case .connectionLost: await ann.close()
                case .tokenRevoked:
                    let tokens = try await watcher.tokens()
                    for token in tokens where !token.current { try await watcher.revokeToken(token.id) }
                case .byItsOwner: _ = try await watcher.cancelJob(job.id)
                case .accountSuspended: _ = try await admin.setSuspended(true, user: "ann")
                }
                // While the step it was in is still at work.
                if end == .accountSuspended {
                    await #expect(throws: (any Error).self) { try await enrollment.value }
                    _ = try await admin.setSuspended(false, user: "ann")
                    await watcher.close()
                }
                let looking = end == .accountSuspended ? try await login(harness, "ann") : watcher
                try await eventually("the job has ended") { try await looking.job(job.id).state != "running" }
                #expect(try await looking.job(job.id).state == "cancelled", "\(end)")
                if end != .byItsOwner { await #expect(throws: (any Error).self) { try await enrollment.value } }
                #expect(try await looking.uploads().isEmpty, "\(end)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: harness.home.uploads).isEmpty, "\(end)")
                // They go right after the row is written.
                try await eventually("the job's photos are gone") {
                    try FileManager.default.contentsOfDirectory(atPath: harness.home.jobs).isEmpty
                }
                try FileManager.default.copyItem(atPath: harness.home.path, toPath: left)
                barrier.open()
                _ = await enrollment.result
                try await eventually("no enrollment is at work") { try await looking.status().enrollments == 0 }
                #expect(try await looking.concepts().isEmpty, "\(end)")
                #expect(try await looking.job(job.id).attempts == 1)
                for client in [ann, looking, admin] { await client.close() }
            }
            var setup = Harness.Setup()
            setup.home = left
            try await Harness.run(setup) { harness in
                let ann = try await login(harness, "ann")
                #expect(try await ann.jobs().map(\.state) == ["cancelled"], "\(end)")
                #expect(try await ann.status().enrollments == 0, "\(end)")
                #expect(try await ann.concepts().isEmpty, "\(end)")
                await ann.close()
            }
        }
    }

    /// A deadline ends the call on the server by itself.
    @Test func aDeadlineEndsTheJob() async throws {
        let barrier = Barrier()
        try await Harness.run(.heldBack(barrier)) { harness in
            let ann = try await harness.user("ann")
            let channel = try harness.channel()
            let token = try #require(ann.token)
            let receipt = try await channel.upload(Harness.photo(1), .bearer(token))
            let events = try await channel.call(
                ConceptsMethods.enroll,
                EnrollRequest(uploadId: receipt.uploadId, name: "zibo", kind: .object, classNoun: "mug"),
                options: .bearer(token, timeout: .seconds(600)))
            for await _ in barrier.reached { break }
            await harness.time.advance(by: .seconds(600))
            let error = await #expect(throws: RPCError.self) { for try await _ in events {} }
            #expect(error?.code == .deadlineExceeded)
            try await eventually("the job is over") { try await ann.jobs().first?.isOver == true }
            #expect(try await ann.jobs().allSatisfy { $0.state == "cancelled" })
            barrier.open()
            try await eventually("no enrollment is at work") { try await ann.status().enrollments == 0 }
            #expect(try await ann.concepts().isEmpty)
            await channel.close()
            await ann.close()
        }
    }

    /// Who only watches has no say, and a detached enrollment has nobody.
    @Test func watchersLeaveAndTheJobGoesOn() async throws {
        let barrier = Barrier()
        try await Harness.run(.heldBack(barrier)) { harness in
            let ann = try await harness.user("ann")
            let watcher = try await login(harness, "ann")
            var order = try Harness.order("zibo")
            order.detach = true
            let detached = order
            let enrollment = Task { try await ann.enrolled(detached) }
            for await _ in barrier.reached { break }
            let job = try #require(try await watcher.jobs().first)
            let watching = Task { for try await _ in watcher.attach(job.id) {} }
            watching.cancel()
            enrollment.cancel()
            await ann.close()
            _ = await (watching.result, enrollment.result)
            #expect(try await watcher.job(job.id).state == "running")
            barrier.open()
            for try await _ in watcher.attach(job.id) {}
            #expect(try await watcher.job(job.id).state == "succeeded")
            #expect(try await watcher.concepts().map(\.currentVersion) == [1])
            await watcher.close()
        }
    }

    /// One that was cut short leaves the version before it as it was.
    @Test func anInterruptedEnrollmentLeavesThePreviousVersion() async throws {
        let barrier = Barrier()
        let held = Locked(false)
        try await Harness.run(.heldBack(barrier) { held.value }) { harness in
            let ann = try await harness.user("ann")
            let first = try await ann.enrolled(Harness.order("zibo")).version
            held.set(true)
            let order = try Harness.order("zibo", views: 3..<6)
            let second = Task { try await ann.enrolled(order) }
            for await _ in barrier.reached { break }
            second.cancel()
            await #expect(throws: (any Error).self) { try await second.value }
            barrier.open()
            try await eventually("no enrollment is at work") { try await ann.status().enrollments == 0 }
            let detail = try await ann.concept("zibo")
            #expect(detail.current.digest == first.digest && detail.concept.versions == 1)
            await ann.close()
        }
    }
}
