import RPC
import Runtime
import VLM

/// Converts what the runtime returns to messages.
enum AnswerMessage {
    static func event(_ event: Runtime.AnswerEvent) -> RPCMessages.AnswerEvent {
        switch event {
        case .text(let text): .init(event: .piece(TextPiece(text: text)))
        case .end(let end): .init(event: .end(self.end(end)))
        }
    }

    static func reply(_ report: RecognitionReport) -> RecognizeReply {
        RecognizeReply(
            results: report.recognitions.map(recognition), conceptSetDigest: report.conceptSetDigest,
            faces: UInt32(report.faces), tags: report.tags.map(tag), skipped: skipped(report.skipped))
    }

    /// The concepts that were left out; a hundred are enough to see what is wrong.
    private static func skipped(_ concepts: [Runtime.SkippedConcept]) -> [RPCMessages.SkippedConcept] {
        concepts.prefix(100).map {
            .init(concept: $0.concept, reason: $0.reason, version: UInt32(clamping: $0.version))
        }
    }

    private static func end(_ end: Runtime.AnswerEnd) -> RPCMessages.AnswerEnd {
        .init(
            text: end.text, fired: end.recognitions.filter(\.fired).map(recognition),
            conceptSetDigest: end.conceptSetDigest, modelDigest: end.modelDigest,
            timings: Timings(
                queueMs: Float(end.timings.queueSeconds * 1_000), visionMs: Float(end.timings.visionSeconds * 1_000),
                firstTokenMs: Float(end.timings.firstTokenSeconds * 1_000),
                totalMs: Float(end.timings.totalSeconds * 1_000), tokens: UInt32(end.timings.tokens)),
            finishReason: end.finish.rawValue, tags: end.tags.map(tag), skipped: skipped(end.skipped),
            places: end.places.map(place))
    }

    private static func place(_ place: Runtime.AnswerPlace) -> RPCMessages.AnswerPlace {
        .init(
            subject: place.subject, concept: place.concept ?? "", box: box(place.box), source: place.source.rawValue,
            heat: place.heat?.cells ?? [], heatColumns: UInt32(place.heat?.columns ?? 0),
            heatArea: place.heat.map { box($0.area) })
    }

    private static func box(_ box: PictureBox) -> Box {
        Box(x: box.x, y: box.y, width: box.width, height: box.height)
    }

    private static func recognition(_ seen: Runtime.Recognition) -> RPCMessages.Recognition {
        .init(
            concept: seen.concept, version: UInt32(seen.version), score: seen.score, threshold: seen.threshold,
            fired: seen.fired, boxes: seen.boxes.map(box), heat: seen.heat,
            heatColumns: UInt32(seen.heatColumns), identifier: seen.identifier)
    }

    private static func tag(_ tag: ObjectTag) -> Tag { Tag(name: tag.name, probability: tag.probability) }
}

extension Runtime.Sampling {
    /// Sampling as a caller asks for it; throws `invalidArgument` for numbers outside their range.
    init(message: RPCMessages.Sampling?) throws {
        guard let message else {
            self.init()
            return
        }
        try message.check()
        let search = try message.beam.map { beam in
            do throws(VLMError) {
                return try BeamSearch(beams: Int(beam.beams), lengthPenalty: beam.lengthPenalty)
            } catch {
                throw RPCError(code: .invalidArgument, message: error.message)
            }
        }
        self.init(
            temperature: message.temperature, topP: message.topP == 0 ? 1 : message.topP, seed: message.seed,
            maximumTokens: Int(message.maxTokens), search: search)
    }
}
