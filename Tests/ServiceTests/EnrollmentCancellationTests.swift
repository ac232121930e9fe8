import Client
import Foundation
import Foundations
import Service
import Synchronization
import Testing
import VLM
import WaitingTestSupport

@Suite(.timeLimit(.minutes(10))) struct EnrollmentCancellationTests {
    @Test func aCancelledEnrollmentLeavesNoVersion() async throws {
        let barrier = Barrier()
        try await Harness.run(.heldBack(barrier)) { harness in
            let ann = try await harness.user("ann")
            let admin = try await harness.admin()
            let order = try Harness.order("zibo")
            let enrollment = Task { try await ann.enrolled(order) }
            for await _ in barrier.reached { break }
            #expect(try await admin.status().enrollments == 1)
            enrollment.cancel()
            await #expect(throws: (any Error).self) { try await enrollment.value }
            // On the same connection: when this is answered, the server has seen the cancellation before it.
            #expect(await failure { _ = try await ann.whoAmI() } == nil)
            #expect(try await admin.status().enrollments == 1)
            barrier.open()
            try await eventually("no enrollment is at work") { try await admin.status().enrollments == 0 }
            #expect(try await ann.concepts().isEmpty, "a cancelled enrollment made a version")
            #expect(try FileManager.default.contentsOfDirectory(atPath: harness.home.uploads).isEmpty)
            // And the same photos can be enrolled after all.
            #expect(try await ann.enrolled(order).version.number == 1)
            await ann.close()
            await admin.close()
        }
    }

    @Test func enrollmentsTakeTurnsAndSaySo() async throws {
        let barrier = Barrier()
        var setup = Harness.Setup.heldBack(barrier)
        setup.configuration.concurrentEnrollments = 1
        setup.configuration.waitingEnrollments = 1
        try await Harness.run(setup) { harness in
            let ann = try await harness.user("ann")
            let one = try Harness.order("one")
            let two = try Harness.order("two", thing: 2)
            let first = Task { try await ann.enrolled(one) }
            for await _ in barrier.reached { break }
            let (notes, noted) = AsyncStream.makeStream(of: String.self)
            let second = Task {
                var enrolled: Enrolled?
                for try await event in ann.enroll(two) {
                    if case .note(let text) = event { noted.yield(text) }
                    if case .done(let done) = event { enrolled = done }
                }
                return enrolled
            }
            for await note in notes {
                #expect(note.contains("1 enrollment before"), "\(note)")
                break
            }
            try await eventually("the second one waits") { try await ann.status().enrollments == 2 }
            let full = await failure { _ = try await ann.enrolled(Harness.order("three", thing: 3)) }
            #expect(full?.code == .resourceExhausted && full?.exitCode == 75 && full?.retryAfter != nil)
            barrier.open()
            #expect(try await first.value.created)
            #expect(try await second.value?.created == true)
            #expect(try await ann.concepts().map(\.name) == ["one", "two"])
            await ann.close()
        }
    }
}
