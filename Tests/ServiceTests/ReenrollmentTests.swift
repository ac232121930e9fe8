import Client
import Foundation
import Foundations
import Registry
import Runtime
import Service
import Testing
import VLM
import VLMTestSupport
import WaitingTestSupport

/// The server's model changed: concepts are trained again from the photos their owners kept.
@Suite(.timeLimit(.minutes(10))) struct ReenrollmentTests {
    private func fillWithOne(_ harness: Harness) async throws {
        let ann = try await harness.user("ann")
        _ = try await ann.enrolled(Harness.keptOrder("zibo"))
        await ann.close()
    }

    @Test func aNewVersionHasTheWordsOfTheOldOneAndTheOldOneStays() async throws {
        let order = Locked(try Harness.keptOrder("zibo"))
        order.withLock { order in
            (order.identifier, order.classNoun, order.seed, order.task) = ("rex", "cup", 9, .questions)
        }
        try await Harness.withChangedModel { harness in
            let ann = try await harness.user("ann")
            #expect(try await ann.enrolled(order.value).version.number == 1)
            #expect(try await ann.concept("zibo").concept.otherModel == false)
            await ann.close()
        } _: { harness in
            let ann = try await harness.known("ann")
            let model = try await ann.status().modelDigest
            #expect(try await ann.concepts().map(\.otherModel) == [true])
            let skipped = try await ann.captioned(Harness.photo(1)).answer.skipped
            #expect(skipped.map(\.concept) == ["zibo"] && skipped[0].reason.contains("`myvlm reenroll`"))

            let made = try await ann.reenrolled("zibo")
            #expect(made.created && made.version.number == 2 && made.version.modelDigest == model)
            #expect(made.version.identifier == "rex" && made.version.classNoun == "cup" && made.version.kind == .object)
            let manifest = try ConceptArtifact(decoding: try await ann.exportConcept("zibo").bytes).manifest
            #expect(manifest.seed == 9 && manifest.training.task == .vqa)
            for version in ["1", "2"] {
                let kept = try await ann.keptPhotos("zibo", version: version)
                #expect(kept.map(\.name) == order.value.photos.map(\.name))
                #expect(kept.map(\.bytes) == order.value.photos.map(\.bytes))
            }
            #expect(try await ann.concepts().map(\.otherModel) == [false])
            #expect(try await ann.captioned(Harness.photo(1)).answer.skipped.isEmpty)

            // Once more is the same version.
            let again = try await ann.reenrolled("zibo")
            #expect(!again.created && again.version.digest == made.version.digest)
            let move = try await ann.rollback("zibo")
            #expect(move.fromVersion == 2 && move.toVersion == 1)
            #expect(try await ann.concept("zibo").concept.otherModel)
            await ann.close()
        }
    }

    @Test func whatIsNotThereIsToldWithWhatToDo() async throws {
        try await Harness.withChangedModel { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(Harness.order("my mug"))
            _ = try await ann.enrolled(Harness.keptOrder("zibo"))
            let ben = try await harness.user("ben")
            for client in [ann, ben] { await client.close() }
        } _: { harness in
            let (ann, ben) = (try await harness.known("ann"), try await harness.known("ben"))
            let none = await failure { _ = try await ann.reenrolled("my mug") }
            #expect(none?.code == .failedPrecondition)
            #expect(none?.message.contains("no photos are kept with v1 of my mug") == true, "\(none?.message ?? "")")
            #expect(none?.message.contains("`myvlm enroll 'my mug' PHOTOS...`") == true, "\(none?.message ?? "")")
            #expect(await failure { _ = try await ann.reenrolled("zibbo") }?.message.contains("zibo") == true)
            // Another user's is as one that nobody has, and a token needs the scope of enrollments.
            let others = await failure { _ = try await ben.reenrolled("zibo") }
            #expect(others?.code == .notFound)
            let nobodys = await failure { _ = try await ben.reenrolled("nobodys") }
            #expect(
                others?.message.replacing("zibo", with: "*") == nobodys?.message.replacing("nobodys", with: "*"))
            #expect(await failure { _ = try await ben.reenrolled("ann/zibo") }?.code == .invalidArgument)
            for scope in [TokenScope.read, .query] {
                let limited = try harness.client()
                _ = try await limited.login(user: "ann", password: Harness.userPassword, scopes: [scope])
                #expect(await failure { _ = try await limited.reenrolled("zibo") }?.code == .permissionDenied)
                await limited.close()
            }
            #expect(try await ann.jobs().count == 2, "a refused training made a job")
            for client in [ann, ben] { await client.close() }
        }
    }

    @Test func aPhotoThatCannotBeReadIsNamed() async throws {
        var setup = Harness.Setup()
        let broken = try Harness.photo(1, 1).bytes
        setup.decode = { bytes in
            guard bytes != broken else { throw VLMError(.imageUnreadable, "no picture") }
            return try RGBImage(decoding: bytes, limits: .standard)
        }
        try await Harness.withChangedModel(setup, fill: fillWithOne) { harness in
            let ann = try await harness.known("ann")
            let error = await failure { _ = try await ann.reenrolled("zibo") }
            #expect(error?.code == .invalidArgument && error?.message == "thing1-1.png: no picture")
            #expect(try await ann.concept("zibo").current.number == 1)
            #expect(try await ann.jobs().first?.state == "failed")
            await ann.close()
        }
    }

    /// The old version is in use while it trains, and stays so when it ends before its time; another process goes on with
    /// what a killed one left.
    @Test func anInterruptedOneLeavesTheOldVersionInUse() async throws {
        let left = NSTemporaryDirectory() + "myvlm-reenroll-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: left) }
        let barrier = Barrier()
        try await Harness.withChangedModel(.heldBack(barrier), fill: fillWithOne) { harness in
            let ann = try await harness.known("ann")
            let job = try await ann.reenrollment("zibo")
            #expect(job.concept == "zibo" && !job.isOver)
            for await _ in barrier.reached { break }
            #expect(try await ann.concept("zibo").current.number == 1)
            // A second one would be for nothing.
            let second = await failure { _ = try await ann.reenrolled("zibo") }
            #expect(second?.code == .failedPrecondition && second?.message.contains(job.id) == true)
            try FileManager.default.copyItem(atPath: harness.home.path, toPath: left)
            #expect(try await ann.cancelJob(job.id).state == "cancelled")
            barrier.open()
            let admin = try await harness.admin()
            try await eventually("no enrollment is at work") { try await admin.status().enrollments == 0 }
            #expect(try await ann.versions(of: "zibo").map(\.number) == [1])
            #expect(try await ann.keptPhotos("zibo").count == 3)
            for client in [ann, admin] { await client.close() }
        }
        var setup = Harness.Setup()
        setup.home = left
        setup.model = { try TinyVLM.make(seed: 2) }
        try await Harness.run(setup) { harness in
            let ann = try await harness.known("ann")
            let job = try #require(try await ann.jobs().first)
            for try await _ in ann.attach(job.id) {}
            let ended = try await ann.job(job.id)
            #expect(ended.state == "succeeded" && ended.attempts == 2 && ended.version == 2, "\(ended)")
            #expect(try await ann.concepts().map(\.otherModel) == [false])
            #expect(try await ann.keptPhotos("zibo").count == 3)
            await ann.close()
        }
    }

    @Test func aCancelledCallLeavesTheOldVersionInUse() async throws {
        let barrier = Barrier()
        try await Harness.withChangedModel(.heldBack(barrier), fill: fillWithOne) { harness in
            let ann = try await harness.known("ann")
            let training = Task { try await ann.reenrolled("zibo") }
            for await _ in barrier.reached { break }
            training.cancel()
            await #expect(throws: (any Error).self) { try await training.value }
            barrier.open()
            let admin = try await harness.admin()
            try await eventually("no enrollment is at work") { try await admin.status().enrollments == 0 }
            #expect(try await ann.jobs().first?.state == "cancelled")
            #expect(try await ann.versions(of: "zibo").map(\.number) == [1])
            // And now it goes through.
            #expect(try await ann.reenrolled("zibo").version.number == 2)
            for client in [ann, admin] { await client.close() }
        }
    }

    /// What its owner does meanwhile counts: dropped photos do not come back, and a concept that has moved on or has another
    /// name is left alone.
    @Test func whatHappensMeanwhileCounts() async throws {
        let barrier = Barrier()
        try await Harness.withChangedModel(.heldBack(barrier)) { harness in
            let ann = try await harness.user("ann")
            for (thing, name) in ["dropped", "renamed", "moved"].enumerated() {
                _ = try await ann.enrolled(Harness.keptOrder(name, thing: UInt64(thing)))
            }
            _ = try await ann.enrolled(Harness.keptOrder("moved", thing: 2, views: 3..<6))
            await ann.close()
        } _: { harness in
            let ann = try await harness.known("ann")
            var jobs: [Job] = []
            for name in ["dropped", "renamed", "moved"] { jobs.append(try await ann.reenrollment(name)) }
            for await _ in barrier.reached { break }
            #expect(try await ann.dropPhotos(of: "dropped") == 3)
            _ = try await ann.renameConcept("renamed", to: "cup")
            _ = try await ann.rollback("moved")
            barrier.open()
            for job in jobs { _ = await failure { for try await _ in ann.attach(job.id) {} } }
            var ended: [Job] = []
            for job in jobs { ended.append(try await ann.job(job.id)) }
            #expect(ended.map(\.state) == ["succeeded", "failed", "failed"])
            #expect(ended[0].version == 2)
            #expect(try await ann.keptPhotos("dropped").isEmpty)
            #expect(try await ann.concepts().map(\.name) == ["cup", "dropped", "moved"])
            #expect(try await ann.concepts().map(\.currentVersion) == [1, 2, 1])
            await ann.close()
        }
    }
}
