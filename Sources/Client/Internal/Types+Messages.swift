import RPC

extension Account {
    init(_ message: RPCMessages.User?) {
        let role: Role =
            switch message?.role {
            case .admin: .admin
            case .auditor: .auditor
            default: .user
            }
        self.init(
            name: message?.name ?? "", role: role, createdAtMs: message?.createdAtMs ?? 0,
            suspended: message?.suspended ?? false, token: message?.token.map { TokenInfo($0) })
    }
}

extension Account.Role {
    var message: RPCMessages.Role {
        switch self {
        case .user: .user
        case .admin: .admin
        case .auditor: .auditor
        }
    }
}

extension TokenInfo {
    init(_ message: RPCMessages.Token) {
        self.init(
            id: message.id, label: message.label, createdAtMs: message.createdAtMs, expiresAtMs: message.expiresAtMs,
            lastUsedAtMs: message.lastUsedAtMs == 0 ? nil : message.lastUsedAtMs, scopes: message.scopes,
            current: message.current)
    }
}

extension NewToken {
    init(_ reply: RPCMessages.TokenReply) throws(MyVLMError) {
        guard let info = reply.info else { throw MyVLMError(.internalError, "the server's answer lacks the token") }
        self.init(token: reply.token, info: TokenInfo(info))
    }
}

extension ConceptAlias {
    init(_ message: RPCMessages.Alias) {
        self.init(
            name: message.name, version: Int(message.version), protected: message.isProtected,
            updatedAtMs: message.updatedAtMs)
    }
}

extension AliasChange {
    init(_ message: RPCMessages.AliasReply) {
        self.init(
            alias: message.alias.map { ConceptAlias($0) }, changed: message.changed, revision: message.revision)
    }
}

extension ConceptChange {
    init(_ message: RPCMessages.ConceptChange) {
        func version(_ number: UInt32) -> Int? { number == 0 ? nil : Int(number) }
        self.init(
            revision: message.revision, atMs: message.atMs, kind: message.kind, conceptID: message.conceptId,
            concept: message.concept.isEmpty ? nil : message.concept,
            pointer: message.pointer.isEmpty ? nil : message.pointer, fromVersion: version(message.fromVersion),
            toVersion: version(message.toVersion))
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
            versions: Int(message.versions), createdAtMs: message.createdAtMs, updatedAtMs: message.updatedAtMs,
            keepLast: message.keepLast == 0 ? nil : Int(message.keepLast), otherModel: message.otherModel)
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
            concept: message.concept, pointer: message.pointer.isEmpty ? "current" : message.pointer,
            fromVersion: Int(message.fromVersion), toVersion: Int(message.toVersion),
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
                totalMs: timings.totalMs, tokens: Int(timings.tokens)),
            skipped: message.skipped.map { SkippedConcept($0) })
    }
}

extension SkippedConcept {
    init(_ message: RPCMessages.SkippedConcept) {
        self.init(
            concept: message.concept, version: message.version == 0 ? nil : Int(message.version),
            reason: message.reason)
    }
}

extension SamplingOptions {
    var message: RPCMessages.Sampling {
        RPCMessages.Sampling(
            temperature: temperature, topP: topP, seed: seed, maxTokens: UInt32(clamping: maximumTokens),
            beam: beams == 1 ? nil : BeamOptions(beams: UInt32(clamping: beams), lengthPenalty: lengthPenalty))
    }
}

extension EnrollmentEvent {
    /// Nil for an event of a newer server that this release does not know.
    init?(_ message: RPCMessages.EnrollEvent) throws {
        switch message.event {
        case .stage(let stage): self = .stage(stage.name)
        case .note(let note): self = .note(note.text)
        case .job(let job): self = .job(Job(job))
        case .progress(let step):
            self = .progress(
                TrainingProgress(
                    step: Int(step.step), steps: Int(step.steps), loss: step.loss, crossEntropy: step.crossEntropy,
                    regularization: step.regularization, secondsLeft: step.secondsLeft,
                    sample: step.sample.isEmpty ? nil : step.sample))
        case .done(let done):
            guard let version = done.version else {
                throw MyVLMError(.internalError, "the server told no version; see `myvlm concept list`")
            }
            self = .done(Enrolled(version: ConceptVersion(version), created: done.created))
        case nil: return nil
        }
    }
}
