import Foundation
import RPC
import Service
import Testing

@Suite struct UploadStageTests {
    private func stage(
        _ now: Locked<Int64>, _ change: (inout UploadLimits) -> Void = { _ in }
    ) throws -> (UploadStage, String) {
        let folder = NSTemporaryDirectory() + "myvlm-uploads-\(UUID().uuidString)"
        var limits = UploadLimits(ServiceConfiguration())
        change(&limits)
        return (try UploadStage(directory: folder, limits: limits, clock: { now.value }), folder)
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
            return (error as? RPCError)?.code
        }
    }

    @Test func aReceiptIsGoodForOneEnrollmentOfItsOwner() async throws {
        let (stage, folder) = try stage(Locked(0))
        let id = try await upload(stage, owner: 1, [[1, 2], [3]])
        #expect(await code { _ = try await stage.claim(id, owner: 2) } == .notFound)
        #expect(try await stage.claim(id, owner: 1) == 2)
        #expect(await code { _ = try await stage.claim(id, owner: 1) } == .notFound)
        #expect(try await stage.photos(id).map(\.bytes) == [[1, 2], [3]])
        let files = try FileManager.default.contentsOfDirectory(atPath: folder + "/" + id)
        for file in files {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(id)/\(file)")
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        }
        await stage.discard(id)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        #expect(await stage.waitingBytes == 0)
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func uploadsExpireWithTheirFiles() async throws {
        let now = Locked<Int64>(0)
        let (stage, folder) = try stage(now) { $0.lifetimeMs = 1_000 }
        let sealed = try await upload(stage, owner: 1, [[1]])
        let open = try await stage.begin(owner: 2)
        now.set(1_000)
        #expect(await code { _ = try await stage.claim(sealed, owner: 1) } == .notFound)
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

    /// A failed enrollment hands its upload back; it gives way when its owner uploads anew.
    @Test func releasedUploadsServeAgainAndGiveWay() async throws {
        let (stage, folder) = try stage(Locked(0)) {
            $0.uploadsPerUser = 2
            $0.bytesPerUser = 10
        }
        let first = try await upload(stage, owner: 1, [[1, 2, 3]])
        #expect(try await stage.claim(first, owner: 1) == 1)
        await stage.release(first)
        #expect(try await stage.claim(first, owner: 1) == 1)
        #expect(try await stage.photos(first).first?.bytes == [1, 2, 3])
        // One that is in use does not give way.
        _ = try await upload(stage, owner: 1, [[4]])
        #expect(await code { _ = try await stage.begin(owner: 1) } == .resourceExhausted)
        await stage.release(first)
        _ = try await upload(stage, owner: 1, [[UInt8](repeating: 5, count: 9)])
        #expect(await code { _ = try await stage.claim(first, owner: 1) } == .notFound)
        #expect(await stage.waitingBytes == 10)
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
