import Compute
import Foundation
import Runtime
import Testing
import VLM

/// A published kind of checkpoint, without tags and at first without a bank, goes the whole way to a personal caption.
@Suite(.timeLimit(.minutes(10))) struct CheckpointEnrollmentTests {
    private static func checkpoint(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "VLMTests/Fixtures/checkpoints-hub/\(name)/model")
    }

    private func enroll(_ house: TinyHouse, others: [[UInt8]] = []) async throws -> EnrolledConcept {
        var settings = house.model.trainingDefaults
        settings.steps = 6
        settings.checkpoints = [3, 6]
        return try await house.vlm.enroller.enroll(
            EnrollmentRequest(
                kind: .object, identifier: "Zibo", classNoun: "cup", photos: try TinyHouse.photos(of: 7),
                otherConcepts: others,
                training: settings)
        ) { _ in }
    }

    @Test(arguments: ["llava", "smolvlm", "minigpt-v2", "blip2-opt"]) func withoutABankTheWayOutIsTold(_ name: String)
        async throws
    {
        let house = try TinyHouse(model: VLMLoader.load(directory: Self.checkpoint(name).path()))
        await #expect {
            try await enroll(house)
        } throws: { error in
            guard let error = error as? RuntimeError else { return false }
            return error.code == .invalidArgument && error.message.contains("myvlmd bank")
        }
    }

    @Test(arguments: ["llava", "smolvlm", "minigpt-v2", "blip2-opt"]) func aBankMakesHeadsAndEmbeddingsPossible(
        _ name: String
    )
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "checkpoint-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: Self.checkpoint(name), to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let bare = try VLMLoader.load(directory: folder.path())
        let pooled = try (0..<16).map {
            try bare.features(of: TinyHouse.picture(of: 2_000_000 + $0, view: 0)).pooled
        }
        try Data(NegativeBank(pooled: pooled).encoded()).write(to: folder.appending(path: NegativeBank.fileName))

        let house = try TinyHouse(model: VLMLoader.load(directory: folder.path()))
        // A bank decides what heads say, so it makes another model of it.
        #expect(house.model.identity.digest != bare.identity.digest)
        let concept = try await enroll(house)
        #expect(concept.manifest.modelDigest == house.model.identity.digest)
        #expect(concept.manifest.training.negatives == 16)
        let artifact = try ConceptArtifact(decoding: concept.artifact)
        #expect(artifact.manifest.insertionPoint == house.model.identity.insertionPoint.rawValue)
        #expect(artifact.embedding.rows == 1 && artifact.embedding.columns == house.model.identity.hiddenSize)
        try await house.source.set(user: TinyHouse.user, name: "cup", artifact: concept.artifact)
        let report = try await house.vlm.recognize(
            user: TinyHouse.user, picture: TinyHouse.picture(of: 7, view: 0))
        #expect(report.recognitions.count == 1)
        let end = try await house.caption(
            TinyHouse.picture(of: 7, view: 0), sampling: Sampling(maximumTokens: 8))
        #expect(end.modelDigest == house.model.identity.digest)
    }

    /// `evaluate` opened folders by itself and wanted a bank of every model, which the server does not.
    @Test func aFolderIsOpenedInOnePlace() throws {
        let folder = Self.checkpoint("llava").path()
        #expect(ModelParts.lie(in: folder) && !ModelParts.lie(in: folder + "/nowhere"))
        let parts = try ModelParts(directory: folder)
        #expect(parts.model.identity.name == "llava" && parts.negatives.features.rows == 0 && parts.faces == nil)
    }
}
