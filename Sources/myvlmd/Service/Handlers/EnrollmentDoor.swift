package import RPC
package import Registry
package import Runtime
import VLM

/// What an enrollment must be before a photo is taken for it and before a job is made: all that the training or the commit
/// would refuse, as far as it can be known then.
package struct EnrollmentDoor: Sendable {
    let registry: RegistryStore
    /// What the training says of its words; throws.
    let training: @Sendable (EnrollmentWords) throws -> Void
    /// Bytes that a version has at least.
    let leastBytes: Int

    /// A door to a registry and a training.
    package init(
        registry: RegistryStore, leastBytes: Int = 1,
        training: @escaping @Sendable (EnrollmentWords) throws -> Void = Enroller.check
    ) {
        self.registry = registry
        self.leastBytes = leastBytes
        self.training = training
    }

    /// Throws what is wrong with the order or lacking for it; without `photos` captions may name any photo.
    func check(_ request: EnrollRequest, photos: Int?, photoBytes: Int = 0, by caller: Principal) async throws {
        try checkForm(request, photos: photos)
        try await registry.checkRoomForEnrollment(
            name: request.name, ifVersion: request.wantedVersion,
            bytes: leastBytes + (request.keepPhotos ? photoBytes : 0), by: caller)
    }

    /// The form of everything that was written.
    package func checkForm(_ request: EnrollRequest, photos: Int?) throws {
        try request.check()
        switch request.kind {
        case .object, .person, .unspecified: break
        case .unrecognized:
            throw RPCError(
                code: .invalidArgument, message: "this server knows objects and persons; say one of them, or nothing")
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
                captions: request.captions.map { ("photo \(Int($0.photo) + 1)", $0.text) }))
    }
}
