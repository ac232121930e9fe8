import Client
import Foundation
import Foundations
import ProcessTestSupport
import Service
import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct JobTests {
    /// Begins a detached enrollment and goes away.
    private func detached(_ client: MyVLMClient, _ order: EnrollmentOrder) async throws -> Job {
        var order = order
        order.detach = true
        for try await event in client.enroll(order) { if case .job(let job) = event { return job } }
        throw MyVLMError(.internalError, "no job was told")
    }

    private func version(_ client: MyVLMClient, _ job: String) async throws -> Enrolled? {
        var enrolled: Enrolled?
        for try await event in client.attach(job) { if case .done(let done) = event { enrolled = done } }
        return enrolled
    }

    @Test func aDetachedEnrollmentGoesOnWithoutItsCaller() async throws {
        let barrier = Barrier()
        try await Harness.run(.heldBack(barrier)) { harness in
            let ann = try await harness.user("ann")
            let ben = try await harness.user("ben")
            let job = try await detached(ann, Harness.order("zibo"))
            #expect(job.concept == "zibo" && !job.isOver)
            for await _ in barrier.reached { break }
            #expect(try await ann.job(job.id).state == "running")
            #expect(await failure { _ = try await ben.job(job.id) }?.code == .notFound)
            #expect(await failure { _ = try await ben.cancelJob(job.id) }?.code == .notFound)
            #expect(try await ben.jobs().isEmpty)
            // What waits on the disk is sealed.
            let folder = "\(harness.home.jobs)/\(job.id)"
            let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(files.sorted() == ["0", "1", "2", "opener"])
            let sealed = try Data(contentsOf: URL(filePath: folder + "/0"))
            let photo = try Data(Harness.photo(1, 0).bytes)
            #expect(sealed.range(of: photo.prefix(16)) == nil && sealed.count > photo.count)
            async let done = version(ann, job.id)
            barrier.open()
            #expect(try await done?.version.number == 1)
            let ended = try await ann.job(job.id)
            #expect(ended.state == "succeeded" && ended.version == 1 && ended.attempts == 1)
            #expect(!FileManager.default.fileExists(atPath: folder))
            #expect(await failure { _ = try await ann.cancelJob(job.id) }?.code == .failedPrecondition)
            #expect(await failure { _ = try await ann.resumeJob(job.id) }?.code == .failedPrecondition)
            await ann.close()
            await ben.close()
        }
    }

    /// The home as a killed process leaves it, taken up by another one: the same bytes come out as where nobody died.
    @Test func aKilledServersEnrollmentIsTakenUpToTheSameBytes() async throws {
        let left = NSTemporaryDirectory() + "myvlm-killed-\(UUID().uuidString)"
        let barrier = Barrier()
        let digest = Locked("")
        try await Harness.run(.heldBack(barrier)) { harness in
            let ann = try await harness.user("ann")
            let job = try await detached(ann, Harness.order("zibo"))
            for await _ in barrier.reached { break }
            try FileManager.default.copyItem(atPath: harness.home.path, toPath: left)
            barrier.open()
            digest.set(try #require(try await version(ann, job.id)).version.digest)
            await ann.close()
        }
        var setup = Harness.Setup()
        setup.home = left
        try await Harness.run(setup) { harness in
            let ann = try harness.client()
            _ = try await ann.login(user: "ann", password: Harness.userPassword)
            let job = try #require(try await ann.jobs().first)
            if !job.isOver { _ = try await version(ann, job.id) }
            let ended = try await ann.job(job.id)
            #expect(ended.state == "succeeded" && ended.attempts == 2, "\(ended)")
            #expect(try await ann.versions(of: "zibo").map(\.digest) == [digest.value])
            await ann.close()
        }
        try FileManager.default.removeItem(atPath: left)
    }

    @Test func anErasureEndsTheEnrollmentsOfItsConcept() async throws {
        let barrier = Barrier()
        let held = Locked(false)
        try await Harness.run(.heldBack(barrier) { held.value }) { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("zibo"))
            held.set(true)
            let job = try await detached(ann, Harness.order("zibo", views: 3..<6))
            for await _ in barrier.reached { break }
            #expect(try await ann.eraseConcept("zibo").count == 1)
            #expect(try await ann.jobs().isEmpty)
            #expect(!FileManager.default.fileExists(atPath: "\(harness.home.jobs)/\(job.id)"))
            barrier.open()
            // The next one in the queue begins only when that one has ended.
            held.set(false)
            _ = try await ann.enrolled(Harness.order("mug", thing: 2))
            #expect(try await ann.concepts().map(\.name) == ["mug"])
            await ann.close()
        }
    }

    @Test func aFailedEnrollmentKeepsItsPhotosForAnother() async throws {
        let broken = Locked(true)
        var setup = Harness.Setup()
        setup.decode = { bytes in
            guard !broken.value else { throw VLMError(.imageUnreadable, "thing1-0.png: no picture") }
            return try RGBImage(decoding: bytes, limits: .standard)
        }
        try await Harness.run(setup) { harness in
            let ann = try await harness.user("ann")
            let error = await failure { _ = try await ann.enrolled(Harness.order("zibo")) }
            #expect(error?.code == .invalidArgument && error?.message.contains("no picture") == true)
            let job = try #require(try await ann.jobs().first)
            #expect(job.state == "failed" && job.error.contains("no picture") && job.version == 0)
            broken.set(false)
            #expect(try await ann.resumeJob(job.id).state == "queued")
            _ = try await version(ann, job.id)
            let ended = try await ann.job(job.id)
            #expect(ended.state == "succeeded" && ended.attempts == 2 && ended.error.isEmpty)
            broken.set(true)
            _ = await failure { _ = try await ann.enrolled(Harness.order("rex")) }
            let other = try #require(try await ann.jobs().first { $0.state == "failed" })
            // Given up: the photos go.
            #expect(try await ann.cancelJob(other.id).state == "cancelled")
            #expect(try FileManager.default.contentsOfDirectory(atPath: harness.home.jobs).isEmpty)
            #expect(try await ann.jobs().count == 2)
            await ann.close()
        }
    }

    @Test func jobsOnTheCommandLine() async throws {
        let barrier = Barrier()
        try await Harness.run(.heldBack(barrier)) { harness in
            let ann = try CommandLineTool.named(
                "myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/ann/config.json"])
            let client = try await harness.user("ann")
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            #expect(try await ann.run(["login", "ann"] + server, input: Harness.userPassword + "\n").code == 0)
            let photo = "\(harness.folder)/thing.png"
            try Data(Harness.photo(1, 0).bytes).write(to: URL(filePath: photo))
            let begun = try await ann.run(["enroll", "zibo", "--class", "mug", "--detach", photo])
            let id = begun.out.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(begun.code == 0 && id.utf8.count == 32, "\(begun)")
            let steps: [([String], Int32, String)] = [
                (["jobs", "list"], 0, id), (["jobs", "show", id], 0, "zibo"), (["jobs", "show", "x"], 66, "no job x"),
                (["jobs", "resume", id], 65, "it allows no such change"), (["jobs", "cancel", id], 0, "is cancelled"),
                (["jobs", "cancel", id], 65, "is cancelled"), (["jobs", "attach", id], 0, "cancelled"),
                (["jobs", "list", "--limit", "0"], 64, "1000"),
            ]
            for (arguments, code, words) in steps {
                let output = try await ann.run(arguments)
                #expect(output.code == code, "\(arguments): \(output)")
                #expect((output.out + output.error).contains(words), "\(arguments): \(output)")
            }
            barrier.open()
            #expect(try await client.concepts().isEmpty)
            await client.close()
        }
    }
}
