import Foundation
import Foundations
import RPC
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct UploadStageTests {
    private func stage(
        _ now: Locked<Int64>, _ change: (inout UploadLimits) -> Void = { _ in }
    ) throws -> (UploadStage, String) {
        let folder = NSTemporaryDirectory() + "myvlm-uploads-\(UUID().uuidString)"
        var limits = UploadLimits(ServiceConfiguration())
        change(&limits)
        // What is staged here are no pictures.
        let stage = try UploadStage(directory: folder, limits: limits, clock: { now.value }, inspect: { _, _ in })
        return (stage, folder)
    }

    private func upload(_ stage: UploadStage, owner: Int64, _ photos: [[UInt8]]) async throws -> String {
        let id = try await stage.begin(owner: owner)
        for (index, bytes) in photos.enumerated() {
            try await stage.beginPhoto(id, name: "\(index).jpg")
            try await stage.append(id, bytes)
            try await stage.endPhoto(id)
        }
        return try await stage.seal(id).uploadId
    }

    private func code(_ body: () async throws -> Void) async -> StatusCode? {
        do {
            try await body()
            return nil
        } catch {
            return StatusMapping.status(of: error).code
        }
    }

    @Test func aReceiptIsGoodForOneEnrollmentOfItsOwner() async throws {
        let (stage, folder) = try stage(Locked(0))
        let id = try await upload(stage, owner: 1, [[1, 2], [3]])
        let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/" + id)
        for file in files {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(id)/\(file)")
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
        #expect(await code { _ = try await stage.take(id, owner: 2) } == .notFound)
        let taken = try await stage.take(id, owner: 1)
        #expect(try taken.all().map(\.bytes) == [[1, 2], [3]])
        // Used up, whatever becomes of the enrollment, and no more of the stage's matter.
        #expect(await code { _ = try await stage.take(id, owner: 1) } == .notFound)
        #expect(await stage.drop(id, owner: 1) == nil)
        taken.remove()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        #expect(await stage.waitingBytes == 0)
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Photos used to lie readable among the uploads for half an hour, also after an erasure.
    @Test func stagedPhotosAreSealed() async throws {
        let (stage, folder) = try stage(Locked(0))
        let id = try await stage.begin(owner: 1)
        try await stage.beginPhoto(id, name: "0.jpg")
        let pieces = (0..<3).map { piece in [UInt8](repeating: 0x40 + UInt8(piece), count: 1_000) }
        for piece in pieces { try await stage.append(id, piece) }
        let file = URL(filePath: "\(folder)/\(id)/0")
        let sealed = try Data(contentsOf: file)
        for piece in pieces { #expect(sealed.range(of: Data(piece.prefix(8))) == nil) }
        try await stage.endPhoto(id)
        _ = try await stage.seal(id)
        let taken = try await stage.take(id, owner: 1)
        #expect(try taken.all().first?.bytes == pieces.flatMap { $0 })
        taken.remove()
        // A bit that was changed on the disk is no photo.
        let other = try await upload(stage, owner: 1, [[1, 2, 3]])
        var bytes = try Data(contentsOf: URL(filePath: "\(folder)/\(other)/0"))
        bytes[20] ^= 1
        try bytes.write(to: URL(filePath: "\(folder)/\(other)/0"))
        let damaged = try await stage.take(other, owner: 1)
        #expect(await code { _ = try damaged.all() } == .dataLoss)
        damaged.remove()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func ownersSeeAndDropTheirOwn() async throws {
        let (stage, folder) = try stage(Locked(5))
        let id = try await upload(stage, owner: 1, [[1, 2], [3]])
        let open = try await stage.begin(owner: 1)
        let other = try await upload(stage, owner: 2, [[4]])
        let seen = await stage.uploads(of: 1)
        #expect(Set(seen.map(\.id)) == [id, open] && seen.count { $0.isComplete } == 1)
        #expect(seen.first { $0.id == id }?.photos == 2 && seen.first { $0.id == id }?.bytes == 3)
        #expect(await stage.drop(other, owner: 1) == nil)
        #expect(await stage.drop(id, owner: 1) == 2)
        await stage.dropAll(of: 1)
        #expect(await stage.uploads(of: 1).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [other])
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func uploadsExpireWithTheirFiles() async throws {
        let now = Locked<Int64>(0)
        let (stage, folder) = try stage(now) { $0.lifetimeMs = 1_000 }
        let sealed = try await upload(stage, owner: 1, [[1]])
        let open = try await stage.begin(owner: 2)
        now.set(1_000)
        #expect(await code { _ = try await stage.take(sealed, owner: 1) } == .notFound)
        #expect(await code { try await stage.beginPhoto(open, name: "late.jpg") } == .notFound)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func budgetsHold() async throws {
        let (stage, folder) = try stage(Locked(0)) {
            $0.photoBytes = 10
            $0.bytesPerUser = 15
            $0.bytes = 20
            $0.uploadsPerUser = 2
        }
        let first = try await stage.begin(owner: 1)
        try await stage.beginPhoto(first, name: "big.jpg")
        #expect(await code { try await stage.append(first, [UInt8](repeating: 1, count: 11)) } == .invalidArgument)
        await stage.discard(first)
        _ = try await upload(stage, owner: 1, [[UInt8](repeating: 1, count: 10)])
        let more = try await stage.begin(owner: 1)
        try await stage.beginPhoto(more, name: "more.jpg")
        #expect(await code { try await stage.append(more, [UInt8](repeating: 2, count: 6)) } == .resourceExhausted)
        #expect(await code { _ = try await stage.begin(owner: 1) } == .resourceExhausted)
        #expect(
            await code { _ = try await upload(stage, owner: 2, [[UInt8](repeating: 3, count: 10), [4]]) }
                == .resourceExhausted)
        try FileManager.default.removeItem(atPath: folder)
    }

    /// Photos of a server that was killed are gone when it starts again.
    @Test func startingEmptiesTheFolder() async throws {
        let (stage, folder) = try stage(Locked(0))
        _ = try await upload(stage, owner: 1, [[1, 2, 3]])
        let limits = UploadLimits(ServiceConfiguration())
        _ = try UploadStage(directory: folder, limits: limits, clock: { 0 })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        try FileManager.default.removeItem(atPath: folder)
    }
}
