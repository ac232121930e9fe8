/// The photos of an order, each handed over when it is its turn: of those that are stored already no more than one is in
/// memory.
struct PhotoSupply: Sendable {
    /// How many there are.
    let count: Int
    /// One of them, counted from 0.
    let photo: @Sendable (Int) async throws -> StagedPhoto

    /// Photos that are read when they are asked for.
    init(count: Int, photo: @escaping @Sendable (Int) async throws -> StagedPhoto) {
        self.count = count
        self.photo = photo
    }

    /// Photos that are in memory.
    init(_ staged: [StagedPhoto]) { self.init(count: staged.count) { staged[$0] } }
}
