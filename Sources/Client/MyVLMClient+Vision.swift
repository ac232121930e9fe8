import RPC
public import RPCMessages

extension MyVLMClient {
    /// Captions a picture, piece by piece; the last event is `.end`.
    /// - Parameters:
    ///   - photo: what is looked at.
    ///   - sampling: how words are chosen; greedy by default.
    ///   - frozen: the frozen model's own words, without concepts.
    ///   - model: one of the server's models; empty takes the first.
    public func caption(
        _ photo: Photo, sampling: Sampling = Sampling(), frozen: Bool = false, model: String = ""
    ) -> AsyncThrowingStream<AnswerEvent.Event, any Error> {
        answer(
            VisionMethods.caption,
            CaptionRequest(image: photo.bytes, sampling: sampling, frozen: frozen, model: model))
    }

    /// Answers a question about a picture, piece by piece; the last event is `.end`.
    ///
    /// With `box` the answer is a box around what the question names, see `AnswerEnd.places`; it ends with `failedPrecondition`
    /// where the server's model was not tuned to answer with boxes.
    public func ask(
        _ photo: Photo, _ question: String, sampling: Sampling = Sampling(), frozen: Bool = false, box: Bool = false,
        model: String = ""
    ) -> AsyncThrowingStream<AnswerEvent.Event, any Error> {
        answer(
            VisionMethods.ask,
            AskRequest(
                image: photo.bytes, question: question, sampling: sampling, frozen: frozen, model: model, wantsBox: box)
        )
    }

    /// The score of each of the caller's concepts for a picture; no text is generated.
    public func recognize(_ photo: Photo, model: String = "") async throws(MyVLMError) -> RecognizeReply {
        try await call(VisionMethods.recognize, RecognizeRequest(image: photo.bytes, model: model))
    }

    private func answer<Q: Sendable>(
        _ method: ServerStreamingMethod<Q, AnswerEvent>, _ request: Q
    ) -> AsyncThrowingStream<AnswerEvent.Event, any Error> {
        sequence { [self] continuation in
            try MyVLMError.check(request)
            for try await message in try await channel.call(method, request, options: options(method.rules)) {
                // Nil for an event of a newer server.
                if let event = message.event { continuation.yield(event) }
            }
        }
    }
}
