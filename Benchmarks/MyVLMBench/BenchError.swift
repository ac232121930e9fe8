/// Why a measurement could not be made.
struct BenchError: Error, CustomStringConvertible {
    /// What happened and what to do next.
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
