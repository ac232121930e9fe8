/// Made-up names, a different one a thing and the same in each run.
package enum Identifiers {
    private static let first = ["Zi", "Ta", "Ke", "Ru", "Do", "Lu", "Mi", "Pa", "Vo", "Ne"]
    private static let second = ["bo", "vu", "lmo", "fi", "ppa", "min", "rka", "zel", "dro", "ggi"]

    /// How many there are.
    package static let count = first.count * second.count

    /// The identifier of the thing at a place of the sorted list; `index` below `count`.
    package static func identifier(_ index: Int) -> String {
        precondition((0..<count).contains(index), "there are \(count) identifiers")
        let column = index % first.count
        return first[column] + second[(column + index / first.count) % second.count]
    }
}
