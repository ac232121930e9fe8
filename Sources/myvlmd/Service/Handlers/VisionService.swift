import RPC
import Runtime
import VLM

/// The calls of `myvlm.v1.Vision`.
struct VisionService: VisionServing {
    let models: ModelShelf

    func caption(_ request: CaptionRequest, _ writer: ResponseWriter<RPCMessages.AnswerEvent>, _ context: CallContext)
        async throws
    {
        try request.check()
        try await answer(
            .caption, request.image, Runtime.Sampling(message: request.sampling), frozen: request.frozen,
            model: request.model, writer, context)
    }

    func ask(_ request: AskRequest, _ writer: ResponseWriter<RPCMessages.AnswerEvent>, _ context: CallContext)
        async throws
    {
        try request.check()
        try await answer(
            request.wantsBox ? .place(request.question) : .question(request.question), request.image,
            Runtime.Sampling(message: request.sampling), frozen: request.frozen, model: request.model, writer, context)
    }

    func recognize(_ request: RecognizeRequest, _ context: CallContext) async throws -> RecognizeReply {
        try request.check()
        let user = try UserKey(context.caller).text
        return try await models.with(request.model, for: .answer(user: user)) { vision in
            var reply = AnswerMessage.reply(try await vision.recognize(user: user, image: request.image))
            if models.hasNames { reply.modelDigest = vision.model.identity.digest }
            return reply
        }
    }

    private func answer(
        _ task: AnswerTask, _ image: [UInt8], _ sampling: Runtime.Sampling, frozen: Bool, model: String,
        _ writer: ResponseWriter<RPCMessages.AnswerEvent>, _ context: CallContext
    ) async throws {
        let user = try UserKey(context.caller).text
        try await models.with(
            model, for: .answer(user: user),
            waiting: { name, wait in
                guard case .loading(let share) = wait else { return }
                try await writer.write(
                    RPCMessages.AnswerEvent(event: .loading(ModelLoading(model: name, share: Float(share)))))
            }
        ) { vision in
            let answer = vision.answer(user: user, image: image, task: task, sampling: sampling, frozen: frozen)
            for try await event in answer { try await writer.write(AnswerMessage.event(event)) }
        }
    }
}
