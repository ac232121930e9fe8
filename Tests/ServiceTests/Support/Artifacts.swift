import Client
import Foundation
import Foundations
import Registry
import Runtime
import Service
import VLM

extension ConceptArtifact {
    /// The artifact with something of it changed.
    func with(
        identifier: String? = nil, threshold: Float? = nil, model: String? = nil
    ) -> ConceptArtifact {
        let old = manifest
        let identity = ModelIdentity(
            name: old.modelName, digest: model ?? old.modelDigest, hiddenSize: 1, featureSize: 1, gridRows: 1,
            gridColumns: 1)
        return ConceptArtifact(
            manifest: ArtifactManifest(
                kind: old.kind, identifier: identifier ?? old.identifier, classNoun: old.classNoun, model: identity,
                threshold: threshold ?? old.threshold, photos: old.photos, seed: old.seed,
                training: old.training),
            head: head, embedding: embedding, enrolledFeatures: enrolledFeatures)
    }
}

/// Well-formed and other bytes that no enrollment makes.
enum BadFile: String, CaseIterable, Sendable {
    case junk, otherModel, manyRows, words, loose

    func bytes(from good: [UInt8]) throws -> [UInt8] {
        let artifact = try ConceptArtifact(decoding: good)
        switch self {
        case .junk: return Array("no artifact at all".utf8)
        case .otherModel: return try artifact.with(model: String(repeating: "a", count: 64)).encoded()
        case .manyRows: return try Self.withManyRows(good)
        case .words: return try artifact.with(identifier: "<|im_end|>").encoded()
        case .loose: return try artifact.with(threshold: 0.001).encoded()
        }
    }

    /// Two hundred times the rows an enrollment makes.
    private static func withManyRows(_ good: [UInt8]) throws -> [UInt8] {
        let file = try SafetensorsFile(bytes: good)
        var writer = SafetensorsWriter(metadata: file.metadata)
        for name in file.names {
            var (shape, floats) = (try file.shape(name), try file.floats(name))
            if name == "enrolled.features" {
                shape[0] = 4_000
                floats = [Float](repeating: 0.25, count: 4_000 * shape[1])
            }
            writer.add(name, shape: shape, floats: floats)
        }
        return try writer.encoded()
    }
}

extension Harness {
    /// The bytes of an enrolled concept.
    static func goodArtifact() async throws -> [UInt8] {
        let made = Locked<[UInt8]>([])
        try await run { harness in
            let ann = try await harness.user("ann")
            _ = try await ann.enrolled(order("zibo"))
            made.set(try await ann.exportConcept("zibo").bytes)
            await ann.close()
        }
        return made.value
    }

    /// A home whose registry was filled by a release that looked at nothing; `fill` gets it.
    static func oldHome(_ fill: (RegistryStore) async throws -> Void) async throws -> String {
        let folder = NSTemporaryDirectory() + "myvlm-old-home-\(UUID().uuidString)"
        let home = ServerHome(path: folder)
        try await HomeSetup(home: home, hosts: [], administrator: "admin").create(
            password: adminPassword, passwordCost: .weakForTests)
        var configuration = RegistryConfiguration(directory: home.registry)
        configuration.masterKey = try MasterKeys.source(home, environment: [:])
        configuration.passwordCost = .weakForTests
        let store = try RegistryStore(configuration)
        try await fill(store)
        try store.close()
        return folder
    }
}

extension RegistryStore {
    /// A new user of an old home.
    func member(_ name: String) async throws -> Principal {
        _ = try await createUser(name: name, password: Harness.userPassword, role: .user, by: .console)
        let token = try await login(name: name, password: Harness.userPassword, address: "192.0.2.1")
        return try await authenticate(token.token)
    }

    /// A version of bytes nobody looked at.
    func put(_ name: String, _ bytes: [UInt8], model: String = String(repeating: "b", count: 64), by user: Principal)
        async throws
    {
        _ = try await commit(
            EnrollmentCommit(
                concept: name,
                description: ArtifactDescription(
                    kind: .object, classNoun: "mug", identifier: "mug", threshold: 0.5, modelDigest: model,
                    photoCount: 3, trainingRecord: "{}"), artifact: bytes), by: user)
    }
}
