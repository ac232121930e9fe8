import Foundations
import Registry

/// One call, to be made on the registry and on the model.
enum Operation: Sendable {
    case enroll(String, String, ifVersion: Int?)
    case rollback(String, to: Int?, ifVersion: Int?)
    case promote(String, to: Int, ifVersion: Int?)
    case alias(String, String, to: Int, ifVersion: Int?)
    case unalias(String, String)
    case protect(String, String, Bool)
    case keep(String, last: Int?)
    case rename(String, to: String)
    case delete(String)
    case undelete(String)
    case erase(String)
    case share(String, with: String)
    case unshare(String, with: String)

    /// Shares with one of `others`, where there are any.
    static func random(_ random: inout SplitMix64, others: [String] = []) -> Operation {
        if let other = others.randomElement(using: &random), Int.random(in: 0..<5, using: &random) == 0 {
            let name = ["mug", "rex", "Ann"][Int.random(in: 0..<3, using: &random)]
            return Int.random(in: 0..<3, using: &random) == 0 ? .unshare(name, with: other) : .share(name, with: other)
        }
        return calls(&random)
    }

    private static func calls(_ random: inout SplitMix64) -> Operation {
        func name(_ random: inout SplitMix64) -> String {
            ["mug", "rex", "Ann"][Int.random(in: 0..<3, using: &random)]
        }
        func sometimes(_ range: ClosedRange<Int>, _ random: inout SplitMix64) -> Int? {
            Int.random(in: 0..<3, using: &random) == 0 ? Int.random(in: range, using: &random) : nil
        }
        let concept = name(&random)
        let alias = ["best", "stable"][Int.random(in: 0..<2, using: &random)]
        switch Int.random(in: 0..<40, using: &random) {
        case 0..<16:
            let content = String(Int.random(in: 0..<7, using: &random))
            return .enroll(concept, content, ifVersion: sometimes(0...4, &random))
        case 16..<25: return .rollback(concept, to: sometimes(0...8, &random), ifVersion: sometimes(1...4, &random))
        case 25..<28:
            return .promote(concept, to: Int.random(in: 1...8, using: &random), ifVersion: sometimes(1...4, &random))
        case 28..<31:
            return .alias(
                concept, alias, to: Int.random(in: 1...6, using: &random), ifVersion: sometimes(0...3, &random))
        case 31: return .unalias(concept, alias)
        case 32, 33: return .protect(concept, alias, Bool.random(using: &random))
        case 34: return .keep(concept, last: sometimes(1...4, &random))
        case 35: return .rename(concept, to: name(&random))
        case 36: return .delete(concept)
        default: return .undelete(concept)
        }
    }

    /// The number the call answers: a version, or 0.
    func run(on model: inout PureModel) throws -> Int {
        switch self {
        case .enroll(let name, let content, let version):
            return try model.enroll(name, content, ifVersion: version).number
        case .rollback(let name, let to, let version): return try model.rollback(name, to: to, ifVersion: version)
        case .promote(let name, let to, let version): try model.promote(name, to: to, ifVersion: version)
        case .alias(let name, let alias, let to, let version):
            try model.alias(name, alias, to: to, ifVersion: version)
        case .unalias(let name, let alias): try model.unalias(name, alias)
        case .protect(let name, let alias, let on): try model.protect(name, alias, on)
        case .keep(let name, let last): try model.keep(name, last: last)
        case .rename(let name, let to): try model.rename(name, to: to)
        case .delete(let name): try model.delete(name)
        case .undelete(let name): try model.undelete(name)
        case .erase(let name): return try model.erase(name)
        case .share(let name, let user): try model.share(name, with: user)
        case .unshare(let name, let user): try model.unshare(name, with: user)
        }
        return 0
    }

    /// The same number, and the revision where the call changed something.
    func run(on store: RegistryStore, _ owner: Principal) async throws -> (value: Int, revision: UInt64?) {
        func revision(_ change: AliasChange) -> UInt64? { change.changed ? change.revision : nil }
        switch self {
        case .enroll(let name, let content, let version):
            let result = try await store.commit(enrollment(name, content, ifVersion: version), by: owner)
            return (result.version.number, result.move?.revision)
        case .rollback(let name, let to, let version):
            let move = try await store.rollback(name, to: to, ifVersion: version, by: owner)
            return (move.to ?? 0, move.revision)
        case .promote(let name, let to, let version):
            return (0, try await store.promote(name, to: .number(to), ifVersion: version, by: owner).revision)
        case .alias(let name, let alias, let to, let version):
            let change = try await store.setAlias(alias, of: name, to: .number(to), ifVersion: version, by: owner)
            return (0, revision(change))
        case .unalias(let name, let alias):
            return (0, revision(try await store.removeAlias(alias, of: name, by: owner)))
        case .protect(let name, let alias, let on):
            return (0, revision(try await store.protectAlias(alias, of: name, on, by: owner)))
        case .keep(let name, let last):
            return (0, try await store.setRetention(name, keepLast: last, by: owner).revision)
        case .rename(let name, let to):
            let change = try await store.renameConcept(name, to: to, by: owner)
            return (0, change.changed ? change.revision : nil)
        case .delete(let name): return (0, try await store.deleteConcept(name, by: owner))
        case .undelete(let name): return (0, try await store.undeleteConcept(name, by: owner))
        case .erase(let name): return (try await store.eraseConcept(name, by: owner).count, nil)
        case .share(let name, let user):
            let change = try await store.share(name, with: user, by: owner)
            return (0, change.changed ? change.revision : nil)
        case .unshare(let name, let user):
            return (0, try await store.unshare(name, with: user, by: owner).revision)
        }
    }
}
