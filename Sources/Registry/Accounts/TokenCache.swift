/// Authenticated tokens by hash, and uses that are not written yet.
///
/// A lookup reads `generation` before it asks the database and stores its answer only if nothing was revoked in
/// between; so a revoked token cannot come back through a slow read.
struct TokenCache: Sendable {
    private(set) var generation: UInt64 = 0
    private var principals: [String: Principal] = [:]
    private(set) var pendingUse: [Int64: Int64] = [:]
    private static let capacity = 20_000

    /// The token's principal as it was authenticated; nil when it is not cached. The caller checks whether it has
    /// expired.
    func find(_ hash: String) -> Principal? { principals[hash] }

    mutating func use(_ principal: Principal, now: Int64) { pendingUse[principal.tokenID] = now }

    mutating func store(_ hash: String, _ principal: Principal, generation: UInt64, now: Int64) {
        pendingUse[principal.tokenID] = now
        guard generation == self.generation else { return }
        if principals.count >= Self.capacity { principals.removeAll(keepingCapacity: true) }
        principals[hash] = principal
    }

    /// Forgets everything: this is rare, and easier to trust than choosing entries.
    mutating func invalidate() {
        generation += 1
        principals.removeAll(keepingCapacity: true)
    }

    mutating func takePendingUse() -> [Int64: Int64] {
        defer { pendingUse.removeAll() }
        return pendingUse
    }
}
