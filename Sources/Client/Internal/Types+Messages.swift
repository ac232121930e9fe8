import RPCMessages

extension NewToken {
    init(_ reply: TokenReply) throws(MyVLMError) {
        guard let info = reply.info else { throw MyVLMError(.internalError, "the server's answer lacks the token") }
        self.init(token: reply.token, info: info)
    }
}

extension EnrollmentEvent {
    /// Nil for an event of a newer server that this release does not know.
    init?(_ message: EnrollEvent) throws {
        switch message.event {
        case .stage(let stage): self = .stage(stage.name)
        case .note(let note): self = .note(note.text)
        case .job(let job): self = .job(job)
        case .progress(let step): self = .progress(step)
        case .done(let done):
            guard let version = done.version else {
                throw MyVLMError(.internalError, "the server's answer lacks the version; see `myvlm concept list`")
            }
            self = .done(Enrolled(version: version, created: done.created))
        case nil: return nil
        }
    }
}
