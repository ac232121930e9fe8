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
        try Names.check(request.name, what: "the concept's name")
        let identifier = request.identifier.isEmpty ? request.name : request.identifier
        do {
            _ = try NameRules.identifier(identifier, what: "the identifier")
        } catch let error as RegistryError where request.identifier.isEmpty {
            throw RegistryError(
                error.code, "\(error.message); answers would use the name: give them a shorter word with --identifier")
        }
        if !request.classNoun.isEmpty { _ = try NameRules.classNoun(request.classNoun, what: "the class") }
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
        try Names.checkReason(request.reason)
        try checkCaptions(request, photos: photos)
        try training(
            EnrollmentWords(
                isPerson: request.kind == .person, identifier: identifier, classNoun: request.classNoun,
                captions: request.captions.map { ("photo \(Int($0.photo) + 1)", $0.text) }))
    }

    private func checkCaptions(_ request: EnrollRequest, photos: Int?) throws {
        guard request.captions.count <= 200 else {
            throw RPCError(code: .invalidArgument, message: "\(request.captions.count) captions; 200 are allowed")
        }
        for caption in request.captions {
            try Names.checkText(caption.text, what: "a caption", limit: 500)
            if let photos, Int(caption.photo) >= photos {
                throw RPCError(
                    code: .invalidArgument,
                    message: "a caption names photo \(caption.photo), but there are \(photos), counted from 0")
            }
        }
    }
}
