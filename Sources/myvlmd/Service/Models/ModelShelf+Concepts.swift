import RPC
package import Registry
package import Runtime
import Synchronization
package import VLM

/// Whose concepts are whose: a concept belongs to the model it was trained for, whether or not that is in memory.
extension ModelShelf {
    /// Who the first model is.
    package var first: ModelIdentity {
        // It was loaded when the shelf was made.
        state.withLock { $0.identities[0] }
            ?? ModelIdentity(
                name: "", digest: "", hiddenSize: 0, featureSize: 0, gridRows: 0, gridColumns: 0)
    }

    /// The models that are in memory.
    package var runtimes: [PersonalizedVLM] { state.withLock { $0.loaded.compactMap { $0?.runtime } } }

    /// Why a model could not be loaded, for its operator; empty where nothing is wrong.
    func problem(_ index: Int) -> String { state.withLock { $0.problems[index] } }

    /// The model that has a digest; nil where no model of the server is known to.
    func owner(of digest: String) -> Int? {
        state.withLock { $0.identities.firstIndex { $0?.digest == digest } }
    }

    /// Digests of the server's models but one: what is theirs is no business of its answers, and nothing that has to be told.
    func digestsOfOthers(than index: Int) -> Set<String> {
        state.withLock { state in
            var digests = Set(state.identities.compactMap { $0?.digest })
            if let own = state.identities[index]?.digest { digests.remove(own) }
            return digests
        }
    }

    /// The name of the model for which a concept of a digest is trained again where nobody names one: its own, else the
    /// first, which is an empty name. Throws `modelMismatch` where it may be of a model that is not known yet: nothing is
    /// moved to another model by mistake.
    package func modelToTrainAgain(_ digest: String) throws(RuntimeError) -> String {
        if let owner = owner(of: digest) { return name(owner) }
        let unknown = unknownNames
        guard let one = unknown.first else { return "" }
        throw RuntimeError(
            .modelMismatch,
            "this concept may be of \(unknown.joined(separator: " or ")), which has never been loaded: ask that once, as with "
                + "`myvlm recognize PHOTO --model \(one)`, and try again, or name with --model which of the server's models is "
                + "to learn it")
    }

    /// The models that have never been loaded: nobody knows which concepts are theirs.
    private var unknownNames: [String] {
        state.withLock { state in entries.indices.filter { state.identities[$0] == nil } }.map(name)
    }

    /// What artifact bytes from anywhere say of themselves. Throws as `PersonalizedVLM.inspect` does; `modelMismatch`
    /// where they were made for none of the server's models.
    func inspect(_ artifact: [UInt8]) throws -> ArtifactManifest {
        guard entries.count > 1 else { return try ConceptArtifact(inspecting: artifact, for: first).manifest }
        let manifest = try ConceptArtifact(inspecting: artifact).manifest
        guard let owner = owner(of: manifest.modelDigest), let identity = state.withLock({ $0.identities[owner] })
        else {
            throw mismatch(manifest.modelDigest)
        }
        return try ConceptArtifact(inspecting: artifact, for: identity).manifest
    }

    private func mismatch(_ digest: String) -> RuntimeError {
        let unknown = unknownNames
        return RuntimeError(
            .modelMismatch,
            "this version was made for the model \(digest.prefix(12)), which is none of "
                + entries.indices.map(name).joined(separator: ", ")
                + (unknown.first.map {
                    " as far as they are known here: if it may be \(unknown.joined(separator: " or ")), which has never been "
                        + "loaded, ask that once, as with `myvlm recognize PHOTO --model \($0)`, and try again; else"
                } ?? ":")
                + " its owner has it trained again with `myvlm reenroll`, or with `myvlm enroll`")
    }

    /// Describes artifacts to the registry.
    package var inspector: ArtifactInspector {
        // The models' runtimes hold the registry, which holds this.
        { [weak self] bytes in
            guard let self else { throw RegistryError(.failedPrecondition, "the server is stopping") }
            do {
                return try ArtifactDescription(manifest: try inspect(bytes))
            } catch let error as RuntimeError {
                throw RegistryError(
                    error.code == .modelMismatch ? .failedPrecondition : .invalidArgument, error.message, cause: error)
            }
        }
    }

    /// Drops erased artifacts from memory.
    func forget(_ digests: [String]) async { for runtime in runtimes { await runtime.forget(digests) } }

    /// Throws what an enrollment for a model would throw of its words: nothing is loaded for it, so that a model which is
    /// not in memory is asked when its turn comes.
    package func check(_ words: EnrollmentWords, for model: String) throws {
        let index = try index(of: model)
        guard let runtime = state.withLock({ $0.loaded[index]?.runtime }) else { return try Enroller.check(words) }
        try runtime.enroller.check(words)
    }

    /// Bytes that a version of a model's concept takes at least; 1 where that is not known.
    package func leastArtifactBytes(for model: String) throws -> Int {
        let index = try index(of: model)
        return state.withLock { $0.loaded[index]?.runtime }?.enroller.leastArtifactBytes ?? 1
    }

    /// Trains a concept of a model, which is loaded where it is not in memory.
    package func enroll(
        _ request: EnrollmentRequest, for model: String, progress: @escaping @Sendable (EnrollmentProgress) -> Void
    ) async throws -> EnrolledConcept {
        try await with(
            model, for: .training,
            waiting: { name, wait in
                switch wait {
                case .room: progress(.note("the models in use leave the model \(name) no room: it is waited for"))
                case .loading(let share): progress(.note("the model \(name) is being loaded: \(Int(share * 100)) %"))
                }
            }
        ) { vision in
            var request = request
            if entries.count > 1 { request.otherConcepts.removeAll { isOfAnother($0, than: vision) } }
            return try await vision.enroller.enroll(request, progress: progress)
        }
    }

    /// Whether an artifact is of another model of the server; what cannot be read is for the training to tell.
    private func isOfAnother(_ artifact: [UInt8], than vision: PersonalizedVLM) -> Bool {
        guard let digest = try? ConceptArtifact(decoding: artifact).manifest.modelDigest else { return false }
        return digest != vision.model.identity.digest && owner(of: digest) != nil
    }

    /// The models as a status tells them; none for a server of one model without a name.
    /// - Parameter tellsProblems: whether the reason of a failure is told: it names files.
    func served(tellsProblems: Bool) -> [ServedModel] {
        guard hasNames else { return [] }
        return state.withLock { state in
            entries.indices.map { index in
                var model = ServedModel(
                    name: name(index), digest: state.identities[index]?.digest ?? "",
                    bytes: UInt64(clamping: entries[index].bytes))
                switch state.places.phase(index) {
                case .absent: model.state = "absent"
                case .loading(let share): (model.state, model.share) = ("loading", Float(share))
                case .ready: model.state = "ready"
                case .failed: (model.state, model.error) = ("failed", tellsProblems ? state.problems[index] : "")
                }
                return model
            }
        }
    }
}
