import RPC
import Registry

extension Concept {
    /// The message of a registry record, for a server of these models.
    init(record: ConceptRecord, models: ModelShelf) {
        let owner = models.owner(of: record.modelDigest)
        self.init(
            name: record.name, kind: ConceptKind(record: record.kind), classNoun: record.classNoun,
            identifier: record.identifier, currentVersion: UInt32(record.currentVersion),
            versions: UInt32(record.versionCount), createdAtMs: record.createdAtMs, updatedAtMs: record.updatedAtMs,
            keepLast: UInt32(record.keepLast ?? 0), otherModel: owner == nil,
            model: owner.map(models.name) ?? "")
    }
}

extension ConceptKind {
    init(record: ConceptRecord.Kind) {
        switch record {
        case .object: self = .object
        case .person: self = .person
        }
    }
}

extension ConceptVersion {
    /// The message of a registry record.
    init(record: VersionRecord) {
        self.init(
            concept: record.concept, number: UInt32(record.number), digest: record.digest,
            sizeBytes: UInt64(record.sizeBytes), createdAtMs: record.createdAtMs, current: record.isCurrent,
            kind: ConceptKind(record: record.kind), classNoun: record.classNoun, identifier: record.identifier,
            modelDigest: record.modelDigest, threshold: Float(record.threshold), photos: UInt32(record.photoCount),
            trainingJson: record.trainingRecord)
    }
}

extension PointerMove {
    /// The message of a registry record.
    init(record: PointerRecord) {
        self.init(
            concept: record.concept, fromVersion: UInt32(record.from ?? 0), toVersion: UInt32(record.to ?? 0),
            atMs: record.atMs, by: record.by, action: record.action.rawValue, reason: record.reason,
            revision: record.revision, pointer: record.pointer)
    }
}

extension Alias {
    /// The message of a registry record.
    init(record: AliasRecord) {
        self.init(
            name: record.name, version: UInt32(record.version), isProtected: record.isProtected,
            updatedAtMs: record.updatedAtMs)
    }
}

extension AliasReply {
    /// The message of a registry record.
    init(record: AliasChange) {
        self.init(
            alias: record.alias.map { Alias(record: $0) }, changed: record.changed, revision: record.revision)
    }
}

extension ConceptChange {
    /// The message of a registry record.
    init(record: ChangeEvent) {
        self.init(
            revision: record.revision, atMs: record.atMs, kind: record.kind.rawValue, conceptId: record.conceptID,
            concept: record.concept, pointer: record.pointer ?? "", fromVersion: UInt32(record.from ?? 0),
            toVersion: UInt32(record.to ?? 0))
    }
}
