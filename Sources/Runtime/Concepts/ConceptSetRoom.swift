/// How much one user's concepts may weigh in an answer, and how much of it is taken. What does not fit is left out: a
/// set of any size costs an answer about what the largest allowed one does.
struct ConceptSetRoom: Sendable {
    private var concepts: Int
    private var rows: Int
    private var bytes: Int
    private let limit: Int

    /// Room for a set of a runtime.
    init(_ configuration: RuntimeConfiguration) {
        concepts = configuration.setConcepts
        limit = configuration.setConcepts
        rows = configuration.setRows
        // Half for the concepts, so that the set joined from them fits beside them and stays in memory.
        bytes = configuration.residentBytes / 2
    }

    /// Why no further concept is looked at; nil where one may fit.
    var fullness: String? {
        concepts > 0 ? nil : "one answer looks at \(limit) concepts; delete or decline some"
    }

    /// Takes room for a concept; tells why there is none.
    mutating func take(_ concept: ResidentConcept) -> String? {
        if let fullness { return fullness }
        guard concept.rows <= rows, concept.bytes <= bytes else {
            return "your concepts hold more than one answer can look at; delete or decline some"
        }
        concepts -= 1
        rows -= concept.rows
        bytes -= concept.bytes
        return nil
    }
}
