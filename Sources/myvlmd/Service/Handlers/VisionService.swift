import RPC
import Runtime
import VLM

/// The calls of `myvlm.v1.Vision`.
struct VisionService: VisionServing {
    /// Bytes of one picture.
    static let maximumImageBytes = 24 << 20

    let vision: PersonalizedVLM

    func caption(_ request: CaptionRequest, _ writer: ResponseWriter<RPCMessages.AnswerEvent>, _ context: CallContext)
        async throws
    {
        try Self.check(request.image)
        let answer = try vision.answer(
            user: UserKey(context.caller).text, image: request.image, task: .caption,
            sampling: Runtime.Sampling(message: request.sampling), frozen: request.frozen)
        for try await event in answer { try await writer.write(AnswerMessage.event(event)) }
    }

    func ask(_ request: AskRequest, _ writer: ResponseWriter<RPCMessages.AnswerEvent>, _ context: CallContext)
        async throws
    {
        try Self.check(request.image)
        try Names.checkText(request.question, what: "the question", limit: 1_000)
        guard request.question.contains(where: { !$0.isWhitespace }) else {
            throw RPCError(code: .invalidArgument, message: "the question is empty; ask something")
        }
        let answer = try vision.answer(
            user: UserKey(context.caller).text, image: request.image, task: .question(request.question),
            sampling: Runtime.Sampling(message: request.sampling), frozen: request.frozen)
        for try await event in answer { try await writer.write(AnswerMessage.event(event)) }
    }

    func recognize(_ request: RecognizeRequest, _ context: CallContext) async throws -> RecognizeReply {
        try Self.check(request.image)
        let report = try await vision.recognize(user: UserKey(context.caller).text, image: request.image)
        return AnswerMessage.reply(report)
    }

    private static func check(_ image: [UInt8]) throws {
        guard !image.isEmpty else {
            throw RPCError(code: .invalidArgument, message: "the picture is empty; choose another")
        }
        guard image.count <= maximumImageBytes else {
            throw RPCError(
                code: .invalidArgument, message: "the picture has \(image.count) bytes; 24 MiB are allowed")
        }
    }
}
