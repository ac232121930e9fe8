import RPC
import Registry
import Rules
import Runtime

/// A request without an upload: the concept is trained again from the photos kept with its current version, for example
/// after a change of the model.
struct KeptOrder: Sendable {
    /// The request, with its open fields filled in from that version. It commits only if that version is still current
    /// then, so that neither a rename nor a newer version is overwritten.
    let request: EnrollRequest
    /// The kept photos, in their order.
    let photos: [KeptPhoto]

    /// Completes a request. Throws `notFound` for a concept that is not the caller's and `failedPrecondition`, with
    /// what to do, where no photos are kept or another enrollment of the concept is under way.
    init(
        _ request: EnrollRequest, by caller: Principal, from registry: RegistryStore,
        _ nameOfModel: (_ digest: String) throws -> String
    ) async throws {
        try request.check()
        guard request.uploadId.isEmpty, !request.onlyNew else {
            throw RPCError(
                code: .invalidArgument,
                message: "an enrollment from kept photos needs an existing concept and no upload: remove one of the two"
            )
        }
        let current = try await registry.concept(request.name, of: caller.userID, historyLimit: 1).current
        photos = try await registry.photos(
            of: request.name, version: .number(current.number), userID: caller.userID)
        guard !photos.isEmpty else { throw Self.noPhotos(current) }
        try await Self.requireNoOther(current.concept, by: caller, in: registry)
        let manifest = try await Self.manifest(of: current, of: caller, from: registry)
        var completed = request.completed(by: current, manifest)
        if completed.model.isEmpty { completed.model = try nameOfModel(current.modelDigest) }
        self.request = completed
    }

    /// The photos' bytes. An error names a photo that is damaged or was dropped meanwhile, and says what to do.
    func source(of caller: Principal, from registry: RegistryStore) -> PhotoSource {
        let (photos, name) = (photos, request.name)
        return .kept(count: photos.count) { index in
            do {
                let bytes = try await registry.bytes(of: photos[index], userID: caller.userID)
                return StagedPhoto(name: photos[index].name, bytes: bytes)
            } catch let error as RegistryError where [.dataLoss, .notFound].contains(error.code) {
                throw RegistryError(error.code, "\(error.message); \(Self.wayOut(name))", cause: error)
            }
        }
    }

    /// Another job would make the same version, or move `current` so that this one's training would be in vain.
    private static func requireNoOther(
        _ name: String, by caller: Principal, in registry: RegistryStore
    ) async throws {
        let jobs = try await registry.jobs(of: caller.userID, limit: 1_000)
        let other = jobs.first { !$0.state.isOver && NameRules.fold($0.concept) == NameRules.fold(name) }
        guard let other else { return }
        throw RPCError(
            code: .failedPrecondition,
            message: "an enrollment of \(name) is \(other.state.rawValue) already: `myvlm jobs attach \(other.id)`")
    }

    /// The manifest of the version's artifact. Nil for a damaged or unreadable one: the concept can be trained again
    /// from its photos all the same.
    private static func manifest(
        of version: VersionRecord, of caller: Principal, from registry: RegistryStore
    ) async throws -> ArtifactManifest? {
        do {
            let bytes = try await registry.artifact(version.digest, of: caller.userID)
            return try ConceptArtifact(decoding: bytes).manifest
        } catch let error as RegistryError where error.code == .dataLoss {
            return nil
        } catch let error as RuntimeError where error.code == .artifactMalformed {
            return nil
        }
    }

    private static func noPhotos(_ version: VersionRecord) -> RPCError {
        RPCError(
            code: .failedPrecondition,
            message: "no photos are kept with v\(version.number) of \(version.concept); \(wayOut(version.concept))")
    }

    private static func wayOut(_ name: String) -> String {
        "train it again with photos: `myvlm enroll \(name.contains(" ") ? "'\(name)'" : name) PHOTOS...`, and "
            + "--keep-photos for the next time"
    }
}

extension EnrollRequest {
    /// Fields that were left open take the version's values.
    fileprivate func completed(by version: VersionRecord, _ manifest: ArtifactManifest?) -> EnrollRequest {
        var request = self
        request.keepPhotos = true
        if request.ifVersion == 0 { request.ifVersion = UInt32(version.number) }
        if request.kind == .unspecified { request.kind = .init(record: version.kind) }
        if request.classNoun.isEmpty { request.classNoun = version.classNoun }
        if request.identifier.isEmpty { request.identifier = version.identifier }
        guard let manifest else { return request }
        if request.seed == 0 { request.seed = manifest.seed }
        if request.task == .caption, manifest.training.task == .vqa { request.task = .questions }
        return request
    }
}
