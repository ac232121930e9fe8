import Client
import Foundation
import Foundations
import Runtime
import Service
import Testing
import VLM

@Suite(.timeLimit(.minutes(10))) struct ConceptFileTests {
    @Test func aConceptLeavesAsAFileAndComesBackTheSame() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let ben = try await harness.user("ben")
            let first = try await ann.enrolled(Harness.order("zibo")).version
            let second = try await ann.enrolled(Harness.order("zibo", views: 3..<6)).version
            let file = try await ann.exportConcept("zibo", version: 1)
            #expect(file.version.digest == first.digest && file.version.number == 1)
            #expect(SHA256Digest.hex(file.bytes) == first.digest)
            #expect(try ConceptArtifact(decoding: file.bytes).manifest.classNoun == "mug")
            #expect(try await ann.exportConcept("zibo").version.number == second.number)

            // To another user, under another name: what answers say is what they said.
            let imported = try await ben.importConcept("cup", file.bytes, condition: .onlyNew, reason: "from ann")
            #expect(imported.created && imported.version.number == 1 && imported.version.digest == first.digest)
            #expect(
                imported.version.identifier == first.identifier && imported.version.trainingJson == first.trainingJson)
            #expect(try await ben.exportConcept("cup").bytes == file.bytes)
            _ = try await ann.promote("zibo", to: "1")
            let picture = try Harness.photo(1, 9)
            let (hers, his) = (try await ann.captioned(picture).answer, try await ben.captioned(picture).answer)
            #expect(hers.text == his.text && hers.fired.map(\.score) == his.fired.map(\.score))

            // Back to where it was: no second version of the same bytes.
            #expect(try await !ann.importConcept("zibo", file.bytes).created)
            #expect(try await ann.versions(of: "zibo").count == 2)
            let taken = await failure { _ = try await ben.importConcept("cup", file.bytes, condition: .onlyNew) }
            #expect(taken?.code == .failedPrecondition)
            await ann.close()
            await ben.close()
        }
    }

    @Test func filesFromAnywhereAreLookedAtFirst() async throws {
        try await Harness.run { harness in
            let ann = try await harness.user("ann")
            let ben = try await harness.user("ben")
            _ = try await ann.enrolled(Harness.order("zibo"))
            let file = try await ann.exportConcept("zibo").bytes
            #expect(await failure { _ = try await ben.exportConcept("zibo") }?.code == .notFound)
            #expect(await failure { _ = try await ann.exportConcept("zibo", version: 7) }?.code == .notFound)
            #expect(await failure { _ = try await ann.exportConcept("zibo", version: 0) }?.code == .usage)
            for bytes in [[], Array("no artifact".utf8), Array(file.dropLast()), file + [0]] {
                let error = await failure { _ = try await ben.importConcept("cup", bytes) }
                #expect(error?.code == .invalidArgument && error?.exitCode == 65, "\(String(describing: error))")
            }
            func changed(model: String? = nil, identifier: String? = nil, photos: Int = 3) throws -> [UInt8] {
                let artifact = try ConceptArtifact(decoding: file)
                let old = artifact.manifest
                let identity = ModelIdentity(
                    name: old.modelName, digest: model ?? old.modelDigest, hiddenSize: 1, featureSize: 1, gridRows: 1,
                    gridColumns: 1)
                let manifest = ArtifactManifest(
                    kind: old.kind, identifier: identifier ?? old.identifier, classNoun: old.classNoun, model: identity,
                    threshold: old.threshold, photos: photos, seed: old.seed, training: old.training)
                return try ConceptArtifact(
                    manifest: manifest, head: artifact.head, embedding: artifact.embedding,
                    enrolledFeatures: artifact.enrolledFeatures
                ).encoded()
            }
            let other = try changed(model: String(repeating: "a", count: 64))
            let mismatch = await failure { _ = try await ben.importConcept("cup", other) }
            #expect(mismatch?.code == .failedPrecondition && mismatch?.message.contains("enroll") == true)
            for bytes in [try changed(identifier: "<|im_end|>"), try changed(photos: -1), try changed(photos: 21)] {
                #expect(await failure { _ = try await ben.importConcept("cup", bytes) }?.code == .invalidArgument)
            }
            #expect(try await ben.concepts().isEmpty)
            await ann.close()
            await ben.close()
        }
    }
}
