import Client

extension Concept: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "name": name, "kind": kind.word, "classNoun": classNoun, "identifier": identifier,
            "currentVersion": currentVersion, "versions": versions, "createdAtMs": createdAtMs,
            "updatedAtMs": updatedAtMs, "keepLast": keepLast.unlessZero, "otherModel": otherModel,
            "model": model.unlessEmpty,
        ]
    }
}

extension ConceptVersion: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "concept": concept, "number": number, "digest": digest, "sizeBytes": sizeBytes,
            "createdAtMs": createdAtMs, "current": current, "kind": kind.word, "classNoun": classNoun,
            "identifier": identifier, "modelDigest": modelDigest, "threshold": threshold, "photos": photos,
            "training": trainingJson,
        ]
    }
}

extension ConceptDetail: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["concept": concept, "current": current, "history": history, "aliases": aliases]
    }
}

extension PointerMove: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "concept": concept, "pointer": pointer, "fromVersion": fromVersion, "toVersion": toVersion, "atMs": atMs,
            "by": by, "action": action, "reason": reason, "revision": revision,
        ]
    }
}

extension Alias: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["name": name, "version": version, "protected": isProtected, "updatedAtMs": updatedAtMs]
    }
}

extension AliasReply: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["alias": alias, "changed": changed, "revision": revision]
    }
}

extension SetRetentionReply: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> { ["removed": removed, "revision": revision] }
}

extension VersionComparison: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["left": left, "right": right, "differences": differences]
    }
}

extension VersionDifference: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> { ["field": field, "left": left, "right": right] }
}

extension ConceptChange: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "revision": revision, "atMs": atMs, "kind": kind, "conceptId": conceptId, "concept": concept.unlessEmpty,
            "pointer": pointer.unlessEmpty, "fromVersion": fromVersion.unlessZero, "toVersion": toVersion.unlessZero,
        ]
    }
}

extension Share: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["owner": owner, "concept": concept, "user": user, "createdAtMs": createdAtMs, "state": state]
    }
}
