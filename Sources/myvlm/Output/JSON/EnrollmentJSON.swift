import Client

extension Enrolled: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> { ["version": version, "created": created] }
}

extension EnrollProgress: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "step": step, "steps": steps, "loss": loss, "crossEntropy": crossEntropy,
            "regularization": regularization, "secondsLeft": secondsLeft, "sample": sample.unlessEmpty,
        ]
    }
}

extension Job: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "id": id, "concept": concept, "state": state, "stage": stage, "step": step, "steps": steps,
            "attempts": attempts, "createdAtMs": createdAtMs, "startedAtMs": startedAtMs.unlessZero,
            "finishedAtMs": finishedAtMs.unlessZero, "spentMs": spentMs, "error": error.unlessEmpty,
            "version": version.unlessZero,
        ]
    }
}

extension Upload: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["id": uploadId, "photos": photos, "bytes": bytes, "expiresAtMs": expiresAtMs, "complete": complete]
    }
}

extension ImportDataReply: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["concepts": concepts, "versions": versions, "skipped": skipped]
    }
}
