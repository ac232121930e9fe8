/// Concept sets by user, so that a request need not read the database to know what it may use.
///
/// One process owns the database and every change of a user's concepts invalidates the user's entry before the change
/// is acknowledged. A reader reads `generation` before it asks the database and stores its answer only if nothing
/// changed in between, so a slow read cannot bring an old set back.
struct ConceptSetCache: Sendable {
    private(set) var generation: UInt64 = 0
    private var sets: [Int64: ConceptSetSnapshot] = [:]
    private var items = 0
    private static let capacity = 200_000

    func find(_ userID: Int64) -> ConceptSetSnapshot? { sets[userID] }

    mutating func store(_ set: ConceptSetSnapshot, generation: UInt64) {
        guard generation == self.generation else { return }
        // Bounded by concepts, which is what takes the memory; clearing all is rare and simple.
        if items + set.items.count + 1 > Self.capacity { clear() }
        if let old = sets.updateValue(set, forKey: set.userID) { items -= old.items.count + 1 }
        items += set.items.count + 1
    }

    mutating func invalidate(_ userID: Int64) {
        generation += 1
        if let old = sets.removeValue(forKey: userID) { items -= old.items.count + 1 }
    }

    mutating func clear() {
        generation += 1
        sets.removeAll(keepingCapacity: true)
        items = 0
    }
}
