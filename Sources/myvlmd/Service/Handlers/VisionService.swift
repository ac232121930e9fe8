import RPC
import Runtime
import VLM

/// The calls of `myvlm.v1.Vision`.
struct VisionService: VisionServing {
    let vision: PersonalizedVLM

    func caption(_ request: CaptionRequest, _ writer: ResponseWriter<RPCMessages.AnswerEvent>, _ context: CallContext)
        async throws
    {
        try request.check()
        let answer = try vision.answer(
            user: UserKey(context.caller).text, image: request.image, task: .caption,
            sampling: Runtime.Sampling(message: request.sampling), frozen: request.frozen)
        for try await event in answer { try await writer.write(AnswerMessage.event(event)) }
    }

    func ask(_ request: AskRequest, _ writer: ResponseWriter<RPCMessages.AnswerEvent>, _ context: CallContext)
        async throws
    {
        try request.check()
        let answer = try vision.answer(
            user: UserKey(context.caller).text, image: request.image, task: .question(request.question),
            sampling: Runtime.Sampling(message: request.sampling), frozen: request.frozen)
        for try await event in answer { try await writer.write(AnswerMessage.event(event)) }
    }

    func recognize(_ request: RecognizeRequest, _ context: CallContext) async throws -> RecognizeReply {
        try request.check()
        let report = try await vision.recognize(user: UserKey(context.caller).text, image: request.image)
        return AnswerMessage.reply(report)
    }
}
