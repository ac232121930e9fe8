import RPC

extension MyVLMClient {
    /// Captions a picture, piece by piece; the last event is `.end`.
    /// - Parameters:
    ///   - photo: what is looked at.
    ///   - sampling: how words are chosen; greedy by default.
    ///   - frozen: the frozen model's own words, no concept used.
    public func caption(
        _ photo: Photo, sampling: SamplingOptions = SamplingOptions(), frozen: Bool = false
    ) -> AsyncThrowingStream<AnswerEvent, any Error> {
        answer(
            VisionMethods.caption, CaptionRequest(image: photo.bytes, sampling: sampling.message, frozen: frozen),
            sampling)
    }

    /// Answers a question about a picture, piece by piece; the last event is `.end`.
    public func ask(
        _ photo: Photo, _ question: String, sampling: SamplingOptions = SamplingOptions(), frozen: Bool = false
    ) -> AsyncThrowingStream<AnswerEvent, any Error> {
        answer(
            VisionMethods.ask,
            AskRequest(image: photo.bytes, question: question, sampling: sampling.message, frozen: frozen), sampling)
    }

    /// What each of the caller's concepts says of a picture; no text is made.
    public func recognize(_ photo: Photo) async throws(MyVLMError) -> RecognitionReport {
        let reply = try await call(
            VisionMethods.recognize, RecognizeRequest(image: photo.bytes))
        return RecognitionReport(
            results: reply.results.map { Recognition($0) }, faces: Int(reply.faces), tags: reply.tags.map { Tag($0) },
            conceptSetDigest: reply.conceptSetDigest, skipped: reply.skipped.map { SkippedConcept($0) })
    }

    private func answer<Q: Sendable>(
        _ method: ServerStreamingMethod<Q, RPCMessages.AnswerEvent>, _ request: Q, _ sampling: SamplingOptions
    ) -> AsyncThrowingStream<AnswerEvent, any Error> {
        sequence { [self] continuation in
            try sampling.check()
            try MyVLMError.check(request)
            let events = try await channel.call(method, request, options: options(method.rules))
            for try await message in events {
                switch message.event {
                case .piece(let piece): continuation.yield(.text(piece.text))
                case .end(let end): continuation.yield(.end(Answer(end)))
                case nil: break  // An event of a newer server.
                }
            }
        }
    }
}
