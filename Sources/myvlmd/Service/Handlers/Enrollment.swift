import RPC
import Registry
import Runtime
import VLM

/// Trains a concept from an upload and commits it as a version.
struct Enrollment: Sendable {
    let registry: RegistryStore
    let stage: UploadStage
    let gate: EnrollmentGate
    let enroller: Enroller

    /// Runs one enrollment. It ends with its call: whatever ends the call before the commit leaves no version.
    func run(_ request: EnrollRequest, by caller: Principal, to writer: ResponseWriter<EnrollEvent>) async throws {
        try check(request)
        try await registry.checkRoomForEnrollment(name: request.name, ifVersion: request.wantedVersion, by: caller)
        let photos = try await stage.claim(request.uploadId, owner: caller.userID)
        do {
            try checkCaptions(request, photos: photos)
            try await gate.run { ahead in
                let text = "\(ahead) enrollment\(ahead == 1 ? "" : "s") before this one: it begins when its turn comes"
                try await writer.write(EnrollEvent(event: .note(EnrollNote(text: text))))
            } _: {
                try await train(request, by: caller, to: writer)
            }
        } catch {
            await stage.discard(request.uploadId)
            throw error
        }
        await stage.discard(request.uploadId)
    }

    private func train(
        _ request: EnrollRequest, by caller: Principal, to writer: ResponseWriter<EnrollEvent>
    ) async throws {
        let runtimeRequest = EnrollmentRequest(
            kind: request.kind == .person ? .person : .object,
            identifier: request.identifier.isEmpty ? request.name : request.identifier,
            classNoun: request.classNoun.isEmpty ? nil : request.classNoun,
            photos: try await stage.photos(request.uploadId).enumerated().map { index, photo in
                EnrollmentPhoto(
                    name: photo.name, bytes: photo.bytes,
                    captions: request.captions.filter { Int($0.photo) == index }.map(\.text))
            },
            seed: request.seed == 0 ? 42 : request.seed,
            otherConcepts: try await otherArtifacts(than: request.name, of: caller))
        let enrolled = try await withProgress(runtimeRequest, to: writer)
        try await writer.write(EnrollEvent(event: .stage(EnrollStage(name: "committing"))))
        // The last moment a cancelled call can leave nothing behind.
        try Task.checkCancellation()
        let manifest = enrolled.manifest
        let result = try await registry.commit(
            EnrollmentCommit(
                concept: request.name, kind: manifest.kind == .person ? .person : .object,
                classNoun: manifest.classNoun, identifier: manifest.identifier,
                threshold: Double(manifest.threshold), modelDigest: manifest.modelDigest,
                photoCount: manifest.photos, trainingRecord: manifest.trainingJSON, artifact: enrolled.artifact,
                reason: request.reason, ifVersion: request.wantedVersion),
            by: caller)
        try await writer.write(
            EnrollEvent(
                event: .done(EnrollDone(version: ConceptVersion(record: result.version), created: result.created))))
    }

    /// Trains and writes each event as it comes. When the caller is gone, the write fails and the training with it.
    private func withProgress(
        _ request: EnrollmentRequest, to writer: ResponseWriter<EnrollEvent>
    ) async throws -> EnrolledConcept {
        let (events, source) = AsyncStream.makeStream(of: EnrollmentProgress.self)
        let enroller = enroller
        return try await withThrowingTaskGroup(of: EnrolledConcept.self) { group in
            group.addTask {
                defer { source.finish() }
                return try await enroller.enroll(request) { source.yield($0) }
            }
            for await event in events { try await writer.write(EnrollEvent(progress: event)) }
            guard let enrolled = try await group.next() else { throw CancellationError() }
            return enrolled
        }
    }

    /// The current artifacts of the caller's other concepts: what the new head must not fire on.
    private func otherArtifacts(than name: String, of caller: Principal) async throws -> [[UInt8]] {
        var artifacts: [[UInt8]] = []
        for item in try await registry.conceptSet(of: caller.userID).items where item.concept != name {
            artifacts.append(try await registry.artifact(item.digest, of: caller.userID))
        }
        return artifacts
    }

    private func check(_ request: EnrollRequest) throws {
        try Names.check(request.name, what: "the concept's name")
        if !request.identifier.isEmpty { try Names.check(request.identifier, what: "the identifier") }
        if !request.classNoun.isEmpty { try Names.check(request.classNoun, what: "the class") }
        switch request.kind {
        case .object, .person: break
        case .unspecified, .unrecognized:
            throw RPCError(code: .invalidArgument, message: "say whether the concept is an object or a person")
        }
        try Names.checkText(request.reason, what: "the reason", limit: 1_000)
        guard !request.uploadId.isEmpty else {
            throw RPCError(code: .invalidArgument, message: "no photos: upload them first and name the upload")
        }
    }

    private func checkCaptions(_ request: EnrollRequest, photos: Int) throws {
        guard request.captions.count <= 200 else {
            throw RPCError(code: .invalidArgument, message: "\(request.captions.count) captions; 200 are allowed")
        }
        for caption in request.captions {
            try Names.checkText(caption.text, what: "a caption", limit: 500)
            guard Int(caption.photo) < photos else {
                throw RPCError(
                    code: .invalidArgument,
                    message: "a caption names photo \(caption.photo), but there are \(photos), counted from 0")
            }
        }
    }
}

extension EnrollRequest {
    /// What `current` must be for the commit: nil for anything, 0 for no concept of that name.
    fileprivate var wantedVersion: Int? { onlyNew ? 0 : ifVersion == 0 ? nil : Int(ifVersion) }
}

extension EnrollEvent {
    fileprivate init(progress: EnrollmentProgress) {
        switch progress {
        case .stage(let stage): self.init(event: .stage(EnrollStage(name: stage.rawValue)))
        case .note(let text): self.init(event: .note(EnrollNote(text: text)))
        case .step(let step):
            self.init(
                event: .progress(
                    EnrollProgress(
                        step: UInt32(step.step), steps: UInt32(step.steps), loss: step.loss,
                        crossEntropy: step.crossEntropy, regularization: step.regularization,
                        secondsLeft: Float(step.secondsLeft))))
        }
    }
}
