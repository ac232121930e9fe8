import Client

extension AnswerEnd: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "text": text, "fired": fired, "tags": tags, "conceptSetDigest": conceptSetDigest,
            "modelDigest": modelDigest, "finishReason": finishReason, "timings": timings ?? Timings(),
            "skipped": skipped, "places": places,
        ]
    }
}

extension AnswerPlace: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "subject": subject.unlessEmpty, "concept": concept.unlessEmpty, "box": box, "source": source,
            "heat": heat.isEmpty ? nil : heat, "heatColumns": heatColumns.unlessZero, "heatArea": heatArea,
        ]
    }
}

extension RecognizeReply: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "results": results, "faces": faces, "tags": tags, "conceptSetDigest": conceptSetDigest,
            "skipped": skipped, "modelDigest": modelDigest.unlessEmpty,
        ]
    }
}

extension Recognition: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "concept": concept, "version": version, "identifier": identifier, "score": knownScore,
            "threshold": threshold, "fired": fired, "boxes": boxes, "heat": heat, "heatColumns": heatColumns,
        ]
    }
}

extension Box: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> { ["x": x, "y": y, "width": width, "height": height] }
}

extension Tag: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> { ["name": name, "probability": probability] }
}

extension Timings: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "queueMs": queueMs, "visionMs": visionMs, "firstTokenMs": firstTokenMs, "totalMs": totalMs,
            "tokens": tokens,
        ]
    }
}

extension SkippedConcept: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["concept": concept, "version": version.unlessZero, "reason": reason]
    }
}
