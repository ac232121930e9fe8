/// What the registry promises about one user's concepts, without a database: dictionaries and arrays.
struct PureModel: Equatable {
    struct Concept: Equatable {
        var contents: [String] = []
        /// Values a rollback returns to, the current one last.
        var stack: [Int] = []
        var current: Int { stack[stack.count - 1] }
    }
    enum Failure: Error, Equatable { case notFound, failedPrecondition, alreadyExists }

    private(set) var concepts: [String: Concept] = [:]
    private(set) var deleted: [String: [Concept]] = [:]
    private(set) var revision = 0

    @discardableResult
    mutating func enroll(_ name: String, _ content: String, ifVersion: Int? = nil) throws(Failure) -> (
        number: Int, created: Bool, moved: Bool
    ) {
        var concept = concepts[name] ?? Concept()
        if let ifVersion, ifVersion != (concept.stack.last ?? 0) { throw .failedPrecondition }
        var created = false
        if !concept.contents.contains(content) {
            concept.contents.append(content)
            created = true
        }
        let number = (concept.contents.firstIndex(of: content) ?? 0) + 1
        let moved = concept.stack.last != number
        if moved {
            concept.stack.append(number)
            revision += 1
        }
        concepts[name] = concept
        return (number, created, moved)
    }

    @discardableResult
    mutating func rollback(_ name: String, to target: Int? = nil, ifVersion: Int? = nil) throws(Failure) -> Int {
        guard var concept = concepts[name] else { throw .notFound }
        if let ifVersion, ifVersion != concept.current { throw .failedPrecondition }
        if let target {
            guard (1...concept.contents.count).contains(target) else { throw .notFound }
            guard target != concept.current else { throw .failedPrecondition }
            if let place = concept.stack.lastIndex(of: target) {
                concept.stack.removeLast(concept.stack.count - place - 1)
            } else {
                concept.stack.append(target)
            }
        } else {
            guard concept.stack.count > 1 else { throw .failedPrecondition }
            concept.stack.removeLast()
        }
        concepts[name] = concept
        revision += 1
        return concept.current
    }

    mutating func delete(_ name: String) throws(Failure) {
        guard let concept = concepts.removeValue(forKey: name) else { throw .notFound }
        deleted[name, default: []].append(concept)
        revision += 1
    }

    mutating func undelete(_ name: String) throws(Failure) {
        guard let concept = deleted[name]?.last else { throw .notFound }
        guard concepts[name] == nil else { throw .alreadyExists }
        deleted[name]?.removeLast()
        concepts[name] = concept
        revision += 1
    }
}

/// SplitMix64: the same seed gives the same operations everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// One call, to be made on the registry and on the model.
enum Operation: Sendable, CustomStringConvertible {
    case enroll(String, String, ifVersion: Int?)
    case rollback(String, to: Int?, ifVersion: Int?)
    case delete(String)
    case undelete(String)

    static func random(_ random: inout SeededGenerator) -> Operation {
        let name = ["mug", "rex", "Ann"][Int.random(in: 0..<3, using: &random)]
        func sometimes(_ range: ClosedRange<Int>, _ random: inout SeededGenerator) -> Int? {
            Int.random(in: 0..<3, using: &random) == 0 ? Int.random(in: range, using: &random) : nil
        }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<9:
            let content = String(Int.random(in: 0..<7, using: &random))
            return .enroll(name, content, ifVersion: sometimes(0...4, &random))
        case 9..<17: return .rollback(name, to: sometimes(0...8, &random), ifVersion: sometimes(1...4, &random))
        case 17: return .delete(name)
        default: return .undelete(name)
        }
    }

    var description: String {
        switch self {
        case .enroll(let name, let content, let version): "enroll \(name) \(content) if \(version ?? -1)"
        case .rollback(let name, let to, let version): "rollback \(name) to \(to ?? -1) if \(version ?? -1)"
        case .delete(let name): "delete \(name)"
        case .undelete(let name): "undelete \(name)"
        }
    }
}
