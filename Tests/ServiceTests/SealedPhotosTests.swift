import Client
import Foundation
import RPC
import Registry
import Service
import Testing

/// Photos are sealed once, by the upload; a job takes them over as they lie.
@Suite(.timeLimit(.minutes(10))) struct SealedPhotosTests {
    private func withBench(_ body: (EnrollmentBench) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "myvlm-sealed-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bench = try await EnrollmentBench(folder)
        try await body(bench)
        try bench.registry.close()
    }

    private func photos(_ bench: EnrollmentBench) -> JobPhotos {
        JobPhotos(directory: bench.folder + "/jobs", registry: bench.registry)
    }

    private func job(_ bench: EnrollmentBench) async throws -> JobRecord {
        try await bench.registry.createJob(concept: "zibo", request: [], by: bench.caller)
    }

    @Test func aJobTakesTheUploadsFilesAsTheyAre() async throws {
        try await withBench { bench in
            let id = try await bench.upload()
            let file = try Data(contentsOf: URL(filePath: "\(bench.folder)/uploads/\(id)/0"))
            let job = try await job(bench)
            let upload = try await bench.stage.take(id, owner: bench.caller.userID)
            try await photos(bench).keep(.upload(upload), of: job)
            #expect(bench.files("uploads").isEmpty && bench.files("jobs") == [job.id])
            #expect(try Data(contentsOf: URL(filePath: "\(bench.folder)/jobs/\(job.id)/0")) == file, "sealed anew")
            let kept = try await photos(bench).photos(of: job)
            #expect(try kept.map(\.bytes) == [Harness.photo(1).bytes] && kept.map(\.name) == ["mug.png"])
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(bench.folder)/jobs/\(job.id)") {
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: "\(bench.folder)/jobs/\(job.id)/\(name)")
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
            }
        }
    }

    /// What opens the photos is its owner's and the job's: nobody else's files take their place.
    @Test func whatWasExchangedIsDamaged() async throws {
        try await withBench { bench in
            var jobs: [JobRecord] = []
            for _ in 0..<2 {
                let job = try await job(bench)
                let upload = try await bench.stage.take(try await bench.upload(), owner: bench.caller.userID)
                try await photos(bench).keep(.upload(upload), of: job)
                jobs.append(job)
            }
            let folders = jobs.map { "\(bench.folder)/jobs/\($0.id)" }
            func exchange(_ name: String) throws {
                let bytes = try folders.map { try Data(contentsOf: URL(filePath: "\($0)/\(name)")) }
                try bytes[1].write(to: URL(filePath: "\(folders[0])/\(name)"))
                try bytes[0].write(to: URL(filePath: "\(folders[1])/\(name)"))
            }
            for name in ["0", "opener"] {
                try exchange(name)
                let said = await Said.of { _ = try await photos(bench).photos(of: jobs[0]) }
                #expect(said.isDamage, "\(name): \(said)")
                try exchange(name)
            }
            // A photo that ends early, at the end of a piece or within one, is none.
            let whole = try Data(contentsOf: URL(filePath: "\(folders[0])/0"))
            for size in [0, 3, whole.count - 1] {
                try whole.prefix(size).write(to: URL(filePath: "\(folders[0])/0"))
                let said = await Said.of { _ = try await photos(bench).photos(of: jobs[0]) }
                #expect(said.isDamage, "\(size) bytes: \(said)")
            }
            #expect(try await photos(bench).photos(of: jobs[1]).count == 1)
        }
    }

    /// A server of before left jobs with a sealed file a photo: they go on.
    @Test func aJobOfTheOldFormGoesOn() async throws {
        try await withBench { bench in
            let registry = bench.registry
            let request = EnrollRequest(
                uploadId: "gone with its server", name: "zibo", kind: .object, classNoun: "mug", seed: 7)
            let job = try await registry.createJob(concept: "zibo", request: request.encode(), by: bench.caller)
            let folder = "\(bench.folder)/jobs/\(job.id)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let photos = try (0..<2).map { (name: "mug \($0).png", bytes: try Harness.photo(1, $0).bytes) }
            for (index, photo) in photos.enumerated() {
                let name = Array(photo.name.utf8)
                let sealed = try await registry.seal(
                    [UInt8(name.count >> 8), UInt8(name.count & 255)] + name + photo.bytes, for: bench.caller.userID,
                    context: "\(job.id)/\(index)")
                try Data(sealed).write(to: URL(filePath: "\(folder)/\(index)"))
            }
            let read = try await self.photos(bench).photos(of: job)
            #expect(read.map(\.bytes) == photos.map(\.bytes) && read.map(\.name) == photos.map(\.name))
            try await bench.jobs.recover()
            _ = try await bench.jobs.task(job.id)?.value
            #expect(try await registry.job(job.id, of: bench.caller.userID).state == .succeeded)
            #expect(bench.files("jobs").isEmpty)
        }
    }

    /// Photos that were waiting when a server was killed: nobody has their key, so they go.
    @Test func uploadsOfAnEarlierProcessAreDropped() async throws {
        let folder = NSTemporaryDirectory() + "myvlm-sealed-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bench = try await EnrollmentBench(folder)
        let id = try await bench.upload()
        #expect(bench.files("uploads") == [id])
        try bench.registry.close()
        let next = try await EnrollmentBench(folder)
        #expect(next.files("uploads").isEmpty)
        #expect(await Said.of { _ = try await next.stage.take(id, owner: next.caller.userID) }.code == "notFound")
        try next.registry.close()
    }
}
