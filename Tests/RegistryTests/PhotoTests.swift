import Foundation
import GRDB
import Registry
import Testing

@Suite(.timeLimit(.minutes(10))) struct PhotoTests {
    private func commit(_ content: String, _ photos: [String]) -> EnrollmentCommit {
        var commit = enrollment("mug", content)
        commit.photos = photos.map { ("\($0).jpg", Array("pixels of \($0)".utf8)) }
        return commit
    }

    @Test func photosAreKeptOnlyWhereAskedFor() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let ben = try await harness.user("ben")
        _ = try await store.commit(commit("1", []), by: anna)
        #expect(try await store.photos(of: "mug", userID: anna.userID).isEmpty)
        _ = try await store.commit(commit("2", ["front", "back"]), by: anna)
        _ = try await store.commit(commit("3", ["front"]), by: anna)
        let two = try await store.photos(of: "mug", version: .number(2), userID: anna.userID)
        #expect(two.map(\.name) == ["front.jpg", "back.jpg"] && two[0].sizeBytes == "pixels of front".utf8.count)
        #expect(try await store.artifact(two[1].digest, of: anna.userID) == Array("pixels of back".utf8))
        #expect(try await store.photos(of: "mug", userID: anna.userID).map(\.digest) == [two[0].digest])
        await expectError(.notFound) { try await store.photos(of: "mug", userID: ben.userID) }
        await expectError(.notFound) { try await store.artifact(two[0].digest, of: ben.userID) }
        // Equal bytes once, counted against the quota, and sealed.
        let used = try await store.usage(of: anna).first { $0.name == .bytes }?.used
        #expect(used == 3 * "artifact 1".utf8.count + "pixels of front".utf8.count + "pixels of back".utf8.count)
        #expect(try await store.scrub(by: .console).artifacts == 5)
        for file in ["registry.sqlite", "registry.sqlite-wal"] {
            #expect(try await !contains(readAll(harness.directory + "/" + file), "pixels of"))
        }
    }

    @Test func photosGoWithTheirVersionOrWhenTheirOwnerSaysSo() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        for number in 1...4 { _ = try await store.commit(commit("\(number)", ["p\(number)", "shared"]), by: anna) }
        _ = try await store.setRetention("mug", keepLast: 1, by: anna)
        #expect(try await store.scrub(by: .console).artifacts == 2 + 3)
        #expect(try await store.dropPhotos(of: "mug", by: anna) == 4)
        #expect(try await store.dropPhotos(of: "mug", by: anna) == 0)
        #expect(try await store.scrub(by: .console).artifacts == 2)
        #expect(try await store.versions(of: "mug", userID: anna.userID).count == 2)
        let row = try #require(try await store.audit(by: .console).records.first)
        #expect(row.action == "concept.photos.drop" && row.details.contains("4"))
        _ = try await store.commit(commit("5", ["grandmother"]), by: anna)
        let digest = try #require(try await store.photos(of: "mug", userID: anna.userID).first?.digest)
        let erasure = try #require(try await store.eraseConcept("mug", by: anna).first)
        #expect(erasure.digests.contains(digest) && erasure.receipt.erasedAtMs != nil)
        #expect(try await store.scrub(by: .console).artifacts == 0)
        try store.close()
        #expect(try await !contains(readAll(harness.databasePath), "grandmother"))
    }

    @Test func aDamagedPhotoIsFoundAndNamed() async throws {
        let harness = try Harness()
        let anna = try await harness.user("anna")
        _ = try await harness.store.commit(commit("1", ["front"]), by: anna)
        let digest = try #require(try await harness.store.photos(of: "mug", userID: anna.userID).first?.digest)
        try harness.outside { db in
            try db.execute(sql: "DROP TRIGGER artifact_is_immutable")
            try db.execute(
                sql: "UPDATE artifact SET sealed = zeroblob(length(sealed)) WHERE digest = ?", arguments: [digest])
        }
        let damaged = try await harness.store.scrub(by: .console).damaged
        #expect(damaged.map(\.concept) == ["mug"] && damaged.map(\.version) == [1])
        let photo = try #require(try await harness.store.photos(of: "mug", userID: anna.userID).first)
        await expectError(.dataLoss, "the kept photo front.jpg is damaged") {
            try await harness.store.bytes(of: photo, userID: anna.userID)
        }
    }

    /// A version that was trained from another one's photos has them too, as far as they are still kept then.
    @Test func aVersionMayKeepThePhotosOfAnother() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        _ = try await store.commit(commit("1", ["front", "back"]), by: anna)
        let before = try await store.usage(of: anna).first { $0.name == .bytes }?.used ?? 0
        var again = enrollment("mug", "2", ifVersion: 1)
        again.photosOfVersion = 1
        _ = try await store.commit(again, by: anna)
        let kept = try await store.photos(of: "mug", version: .number(2), userID: anna.userID)
        #expect(try await kept == store.photos(of: "mug", version: .number(1), userID: anna.userID) && kept.count == 2)
        // They are stored once, and stay while any version has them.
        let after = try await store.usage(of: anna).first { $0.name == .bytes }?.used
        #expect(after == before + "artifact 2".utf8.count)
        let row = try #require(try await store.audit(by: .console).records.first)
        #expect(row.action == "concept.enroll" && row.details.contains(#""photos":2"#), "\(row.details)")
        _ = try await store.setRetention("mug", keepLast: 1, by: anna)
        #expect(try await store.bytes(of: kept[0], userID: anna.userID) == Array("pixels of front".utf8))
        #expect(try await store.dropPhotos(of: "mug", by: anna) == 4)
        await expectError(.notFound, "front.jpg is no longer kept") {
            try await store.bytes(of: kept[0], userID: anna.userID)
        }
        var third = enrollment("mug", "3", ifVersion: 2)
        third.photosOfVersion = 2
        _ = try await store.commit(third, by: anna)
        #expect(try await store.photos(of: "mug", userID: anna.userID).isEmpty)
    }

    @Test func keptPhotosTravelWithAnExport() async throws {
        let harness = try Harness()
        let store = harness.store
        let anna = try await harness.user("anna")
        let ben = try await harness.user("ben")
        _ = try await store.commit(commit("1", ["front", "back"]), by: anna)
        let export = try await store.export(of: anna)
        var artifacts: [String: [UInt8]] = [:]
        for digest in export.digests { artifacts[digest] = try await store.artifact(digest, of: anna.userID) }
        #expect(artifacts.count == 3)
        var damaged = artifacts
        damaged[export.concepts[0].versions[0].kept[1].digest]?[0] ^= 1
        await expectError(.dataLoss, "a photo of the export is damaged") { [damaged] in
            try await store.taken(export.concepts[0], artifacts: damaged, by: ben)
        }
        _ = try await store.taken(export.concepts[0], artifacts: artifacts, by: ben)
        #expect(try await store.export(of: ben).concepts == export.concepts)
    }

    @Test func photosCountAgainstTheQuota() async throws {
        let harness = try Harness { $0.quotas.bytesPerUser = 30 }
        let anna = try await harness.user("anna")
        await expectError(.resourceExhausted, "of 30 bytes") {
            try await harness.store.commit(commit("1", ["front", "back"]), by: anna)
        }
        #expect(try await harness.store.concepts(of: anna.userID).concepts.isEmpty)
    }
}
