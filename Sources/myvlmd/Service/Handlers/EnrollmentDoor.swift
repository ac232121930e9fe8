package import RPC
package import Registry
package import Runtime
import VLM

/// The checks of an enrollment before its photos are accepted and before a job is made: everything that the training or
/// the commit would refuse, as far as it is known then.
package struct EnrollmentDoor: Sendable {
    let registry: RegistryStore
    /// Throws what the training on a model would refuse of the words, and for a model there is not.
    let training: @Sendable (_ words: EnrollmentWords, _ model: String) throws -> Void
    /// The least bytes that a version of a model's concept takes.
    let leastBytes: @Sendable (_ model: String) throws -> Int

    /// A door to a registry and a training.
    package init(
        registry: RegistryStore, leastBytes: @escaping @Sendable (_ model: String) throws -> Int = { _ in 1 },
        training: @escaping @Sendable (_ words: EnrollmentWords, _ model: String) throws -> Void = { words, _ in
            try Enroller.check(words)
        }
    ) {
        self.registry = registry
        self.leastBytes = leastBytes
        self.training = training
    }

    /// Throws what is wrong with the request or missing for it; without `photos`, captions may name any photo.
    func check(_ request: EnrollRequest, photos: Int?, photoBytes: Int = 0, by caller: Principal) async throws {
        try checkForm(request, photos: photos)
        try await registry.checkRoomForEnrollment(
            name: request.name, ifVersion: request.wantedVersion,
            bytes: leastBytes(request.model) + (request.keepPhotos ? photoBytes : 0), by: caller)
    }

    /// Checks the form of every field.
    package func checkForm(_ request: EnrollRequest, photos: Int?) throws {
        try request.check()
        switch request.kind {
        case .object, .person, .unspecified: break
        case .unrecognized:
            throw RPCError(
                code: .invalidArgument,
                message: "this server knows objects and persons; choose one of them, or leave it out")
        }
        switch request.task {
        case .caption, .questions: break
        case .unrecognized:
            throw RPCError(code: .invalidArgument, message: "this server teaches captions or questions")
        }
        if let photos { try request.checkCaptions(photos: photos) }
        try training(
            EnrollmentWords(
                isPerson: request.kind == .person,
                identifier: request.identifier.isEmpty ? request.name : request.identifier,
                classNoun: request.classNoun,
                captions: request.captions.map { ("photo \(Int($0.photo) + 1)", $0.text) }), request.model)
    }
}
