import Client

extension User: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["name": name, "role": role.word, "createdAtMs": createdAtMs, "suspended": suspended, "token": token]
    }
}

extension Token: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "id": id, "label": label, "createdAtMs": createdAtMs, "expiresAtMs": expiresAtMs,
            "lastUsedAtMs": lastUsedAtMs.unlessZero, "scopes": scopes, "current": current,
        ]
    }
}

extension QuotaUse: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["name": name, "limit": limit, "used": used, "own": own]
    }
}

extension ErasureReceipt: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "receipt": receipt, "kind": kind, "requestedAtMs": requestedAtMs, "erasedAtMs": erasedAtMs.unlessZero,
            "versions": versions, "bytes": bytes, "backups": backups,
        ]
    }
}

extension HoldingBackup: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> { ["name": name, "createdAtMs": createdAtMs] }
}

extension AuditRow: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "sequence": sequence, "atMs": atMs, "actor": actor, "actorName": actorName.unlessEmpty, "action": action,
            "target": target, "targetName": targetName.unlessEmpty, "details": detailsJson, "revision": revision,
            "hash": hash,
        ]
    }
}

extension VerifyAuditReply: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["intact": intact, "rows": rows, "brokenAt": brokenAt.unlessZero, "how": how.unlessEmpty]
    }
}

extension ScrubReply: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["artifacts": artifacts, "bytes": bytes, "damaged": damaged, "structure": structure]
    }
}

extension DamagedVersion: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        ["user": user, "concept": concept, "version": version, "reason": reason]
    }
}

extension Backup: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "name": name, "createdAtMs": createdAtMs, "schema": schema, "revision": revision, "bytes": bytes,
            "sha256": sha256, "users": users, "concepts": concepts, "artifacts": artifacts, "masterKeys": masterKeys,
        ]
    }
}

extension StatusReply: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "version": version, "modelName": modelName, "modelDigest": modelDigest, "uptimeMs": uptimeMs,
            "activeRequests": activeRequests, "queuedRequests": queuedRequests, "enrollments": enrollments,
            "residentSets": residentSets, "residentBytes": residentBytes, "serverTimeMs": serverTimeMs,
            "models": models.isEmpty ? nil : models,
        ]
    }
}

extension ServedModel: TerminalJSON {
    var fields: KeyValuePairs<String, (any Encodable)?> {
        [
            "name": name, "digest": digest.unlessEmpty, "state": state, "share": state == "loading" ? share : nil,
            "bytes": bytes, "error": error.unlessEmpty,
        ]
    }
}
