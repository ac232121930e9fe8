import RPC

extension Account {
    init(_ message: RPCMessages.User?) {
        self.init(
            name: message?.name ?? "", role: message?.role == .admin ? .admin : .user,
            createdAtMs: message?.createdAtMs ?? 0)
    }
}

extension ConceptKind {
    init(_ message: RPCMessages.ConceptKind) { self = message == .person ? .person : .object }

    var message: RPCMessages.ConceptKind { self == .person ? .person : .object }
}

extension Concept {
    init(_ message: RPCMessages.Concept) {
        self.init(
            name: message.name, kind: ConceptKind(message.kind), classNoun: message.classNoun,
            identifier: message.identifier, currentVersion: Int(message.currentVersion),
            versions: Int(message.versions), createdAtMs: message.createdAtMs, updatedAtMs: message.updatedAtMs)
    }
}

extension ConceptVersion {
    init(_ message: RPCMessages.ConceptVersion) {
        self.init(
            concept: message.concept, number: Int(message.number), digest: message.digest,
            sizeBytes: message.sizeBytes, createdAtMs: message.createdAtMs, current: message.current,
            kind: ConceptKind(message.kind), classNoun: message.classNoun, identifier: message.identifier,
            modelDigest: message.modelDigest, threshold: message.threshold, photos: Int(message.photos),
            trainingJSON: message.trainingJson)
    }
}

extension PointerMove {
    init(_ message: RPCMessages.PointerMove) {
        self.init(
            concept: message.concept, fromVersion: Int(message.fromVersion), toVersion: Int(message.toVersion),
            atMs: message.atMs, by: message.by, action: message.action, reason: message.reason,
            revision: message.revision)
    }
}

extension Tag {
    init(_ message: RPCMessages.Tag) { self.init(name: message.name, probability: message.probability) }
}

extension Recognition {
    init(_ message: RPCMessages.Recognition) {
        self.init(
            concept: message.concept, version: Int(message.version), identifier: message.identifier,
            score: message.score.isFinite ? message.score : nil, threshold: message.threshold, fired: message.fired,
            boxes: message.boxes.map { Box(x: $0.x, y: $0.y, width: $0.width, height: $0.height) },
            heat: message.heat, heatColumns: Int(message.heatColumns))
    }
}

extension Answer {
    init(_ message: RPCMessages.AnswerEnd) {
        let timings = message.timings ?? RPCMessages.Timings()
        self.init(
            text: message.text, fired: message.fired.map { Recognition($0) }, tags: message.tags.map { Tag($0) },
            conceptSetDigest: message.conceptSetDigest, modelDigest: message.modelDigest,
            finishReason: message.finishReason,
            timings: Timings(
                queueMs: timings.queueMs, visionMs: timings.visionMs, firstTokenMs: timings.firstTokenMs,
                totalMs: timings.totalMs, tokens: Int(timings.tokens)))
    }
}

extension SamplingOptions {
    var message: RPCMessages.Sampling {
        RPCMessages.Sampling(
            temperature: temperature, topP: topP, seed: seed, maxTokens: UInt32(clamping: maximumTokens))
    }
}

extension EnrollmentEvent {
    /// Nil for an event of a newer server that this release does not know.
    init?(_ message: RPCMessages.EnrollEvent) throws {
        switch message.event {
        case .stage(let stage): self = .stage(stage.name)
        case .note(let note): self = .note(note.text)
        case .progress(let step):
            self = .progress(
                TrainingProgress(
                    step: Int(step.step), steps: Int(step.steps), loss: step.loss, crossEntropy: step.crossEntropy,
                    regularization: step.regularization, secondsLeft: step.secondsLeft))
        case .done(let done):
            guard let version = done.version else {
                throw MyVLMError(.internalError, "the server told no version; see `myvlm concept list`")
            }
            self = .done(Enrolled(version: ConceptVersion(version), created: done.created))
        case nil: return nil
        }
    }
}
