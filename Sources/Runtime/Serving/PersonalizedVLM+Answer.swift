import Rules
public import VLM

extension PersonalizedVLM {
    /// A caption or an answer about a picture, streamed; the last event is the end. With `frozen` no concept is used.
    ///
    /// Where no head fires the answer is exactly the frozen model's. Ends with `overloaded` at once where
    /// there is no place for it, `cancelled` when the runtime shuts down, `invalidArgument` for options outside their range,
    /// `unsupported` for a place where the model does not answer with boxes, errors of the concept source, and `VLMError` for
    /// pictures and questions. Dropping the stream cancels the answer.
    public func answer(
        user: String, image: [UInt8], task: AnswerTask, sampling: Sampling = Sampling(), frozen: Bool = false
    ) -> AsyncThrowingStream<AnswerEvent, any Error> {
        stream(user: user, task: task, sampling: sampling, frozen: frozen) {
            try await self.look(at: image, of: user, with: $0)
        }
    }

    /// The same for a decoded picture.
    public func answer(
        user: String, picture: RGBImage, task: AnswerTask, sampling: Sampling = Sampling(), frozen: Bool = false
    ) -> AsyncThrowingStream<AnswerEvent, any Error> {
        stream(user: user, task: task, sampling: sampling, frozen: frozen) {
            try await self.look(at: picture, of: user, with: $0)
        }
    }

    /// The same with a probe, for measurements.
    package func answer(
        user: String, picture: RGBImage, task: AnswerTask, sampling: Sampling = Sampling(), frozen: Bool = false,
        probe: AnswerProbe
    ) -> AsyncThrowingStream<AnswerEvent, any Error> {
        stream(user: user, task: task, sampling: sampling, frozen: frozen, probe: probe) {
            try await self.look(at: picture, of: user, with: $0)
        }
    }

    private func stream(
        user: String, task: AnswerTask, sampling: Sampling, frozen: Bool, probe: AnswerProbe = AnswerProbe(),
        look: @escaping @Sendable (ConceptSet) async throws -> PictureFindings
    ) -> AsyncThrowingStream<AnswerEvent, any Error> {
        // Unbounded, but never more than the token limit: the loop must not wait for a slow reader.
        AsyncThrowingStream { continuation in
            let work = Task {
                do {
                    let end = try await self.serve(
                        user: user, task: task, sampling: sampling, frozen: frozen, probe: probe, look: look
                    ) { continuation.yield(.text($0)) }
                    continuation.yield(.end(end))
                    continuation.finish()
                } catch is CancellationError {
                    continuation.finish(throwing: RuntimeError(.cancelled, "the answer was cancelled before its end"))
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in work.cancel() }
        }
    }

    private func serve(
        user: String, task: AnswerTask, sampling: Sampling, frozen: Bool, probe: AnswerProbe,
        look: @Sendable (ConceptSet) async throws -> PictureFindings, onText: @escaping @Sendable (String) -> Void
    ) async throws -> AnswerEnd {
        let arrived = ContinuousClock.now
        try admission.enter(user)
        defer { admission.leave(user) }
        let sampler = try TokenSampler(sampling)
        try check(sampling.search, temperature: sampling.temperature)
        try check(task)
        let maximumTokens = try tokenLimit(sampling)
        let set =
            frozen
            ? try await residents.set(of: try ConceptSetSnapshot(revision: 0, entries: []))
            : try await conceptSet(of: user)
        let findings = try await look(set)
        let chosen = ConceptSet.chosen(findings.recognitions, limit: configuration.maximumConcepts)
        var names: [String] = []
        for index in chosen where !names.contains(findings.recognitions[index].identifier) {
            names.append(findings.recognitions[index].identifier)
        }
        let recognitions = chosen.map { findings.recognitions[$0] }
        let asked = PlacesAsked(thing: task.placeAsked(among: names), fired: recognitions, size: findings.size)
        let prompt = try model.promptTokens(for: task.naming(probe.namesInPrompt ? names : []))
        let output = try await loop.run(
            DecodingLoop.Request(
                user: user, features: findings.features, concepts: chosen.map { set.members[$0].concept.embedding },
                prompt: prompt,
                maximumTokens: maximumTokens, sampler: sampler, search: sampling.search,
                wantsAttention: asked.wantsAttention, onText: onText, onLogits: probe.onLogits))
        let timings = AnswerTimings(
            queueSeconds: (findings.queued + output.waited) / .seconds(1), visionSeconds: findings.looked / .seconds(1),
            firstTokenSeconds: (output.firstToken - arrived) / .seconds(1),
            totalSeconds: (ContinuousClock.now - arrived) / .seconds(1), tokens: output.tokens)
        return AnswerEnd(
            text: output.text, finish: output.finish, recognitions: recognitions,
            faces: findings.faces.count, conceptSetDigest: set.digest, modelDigest: model.identity.digest,
            revision: set.revision, tags: findings.features.tags, timings: timings, skipped: set.skipped,
            places: asked.places(in: output.text, attention: output.attention, of: model))
    }

    private func check(_ task: AnswerTask) throws {
        guard case .place = task, !model.answersWithBoxes else { return }
        throw RuntimeError(
            .unsupported,
            "\(model.identity.name) was not tuned to answer with a box: ask in words, or a server of MiniGPT-v2")
    }

    private func check(_ search: BeamSearch?, temperature: Float) throws {
        guard let search else { return }
        guard model is any BranchingModel else {
            throw RuntimeError(
                .unavailable, "\(model.identity.name) cannot continue an answer in several ways: leave out the beams")
        }
        guard temperature == 0 else {
            throw RuntimeError(SamplingRules.drawingSearch)
        }
        guard search.beams <= configuration.maximumRunning else {
            throw RuntimeError(
                .invalidArgument, "\(search.beams) beams; this server takes at most \(configuration.maximumRunning)")
        }
    }

    private func tokenLimit(_ sampling: Sampling) throws -> Int {
        guard sampling.maximumTokens >= 0, sampling.maximumTokens <= configuration.maximumTokens else {
            throw RuntimeError(
                .invalidArgument, "an answer may have 1 to \(configuration.maximumTokens) tokens; 0 takes the default")
        }
        return sampling.maximumTokens == 0 ? configuration.defaultMaximumTokens : sampling.maximumTokens
    }
}
