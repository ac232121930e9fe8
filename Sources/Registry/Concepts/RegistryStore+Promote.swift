internal import GRDB

extension RegistryStore {
    /// Moves `current` onto a version, old or new. A rollback returns from it.
    ///
    /// `failedPrecondition` when `current` stands there already, or when `ifVersion` is given and is not the current
    /// version; `notFound` for an unknown concept, alias or version. Works on a full disk.
    public func promote(
        _ name: String, to version: VersionSelector, ifVersion: Int? = nil, reason: String = "",
        by principal: Principal
    ) async throws -> PointerRecord {
        let reason = try CheckedText.reason(reason)
        return try await write(essential: true) { db in
            try self.requireMayChange(db, principal)
            let concept = try Self.concept(db, name, principal.userID)
            try Self.require(ifVersion, is: concept.currentVersion, name: concept.name)
            let target = try version.resolve(db, concept)
            _ = try Self.version(db, concept, target)
            let change = PointerChange(
                conceptID: concept.conceptID, concept: concept.name, from: concept.currentVersion, target: target,
                action: .promote, reason: reason)
            guard let move = try self.move(db, change, by: principal) else {
                throw RegistryError(.failedPrecondition, "\(concept.name) is at version \(target) already")
            }
            try self.record(
                db, by: .user(principal.userID), "concept.promote", on: .concept(principal.userID, concept.conceptID),
                details: [
                    "from": .number(concept.currentVersion), "to": .number(target), "reason": .personal(reason),
                ])
            return move
        }
    }
}
