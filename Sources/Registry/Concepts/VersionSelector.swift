internal import GRDB

/// How a caller names one version of a concept.
public enum VersionSelector: Sendable, Equatable {
    /// By its number.
    case number(Int)
    /// The one in use.
    case current
    /// The one an alias names.
    case alias(String)

    /// Reads `3`, `v3`, `current` or an alias; throws `invalidArgument` for anything else.
    public init(_ text: String) throws {
        let digits = text.hasPrefix("v") ? text.dropFirst() : Substring(text)
        if !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) {
            guard let number = Int(digits), number > 0 else {
                throw RegistryError(.invalidArgument, "versions count from 1")
            }
            self = .number(number)
        } else if text == "current" {
            self = .current
        } else {
            self = .alias(try CheckedText.alias(text))
        }
    }

    /// The version's number; `notFound` names an alias that does not exist.
    func resolve(_ db: Database, _ concept: ConceptRecord) throws -> Int {
        switch self {
        case .number(let number): return number
        case .current: return concept.currentVersion
        case .alias(let name):
            let number = try Int.fetchOne(
                db, sql: "SELECT number FROM alias WHERE concept_id = ? AND name = ?",
                arguments: [concept.conceptID, name])
            guard let number else {
                throw RegistryError(.notFound, "\(concept.name) has no alias \(name); `concept show` lists them")
            }
            return number
        }
    }
}

/// A name its owner gave to a version.
public struct AliasRecord: Sendable, Equatable {
    /// `[A-Za-z0-9_.-]{1,64}`.
    public let name: String
    /// The version it names.
    public let version: Int
    /// Whether it refuses to be moved or removed, and its concept to be deleted.
    public let isProtected: Bool
    /// When it last changed, milliseconds since 1970.
    public let updatedAtMs: Int64
}

/// What a call did to an alias.
public struct AliasChange: Sendable, Equatable {
    /// As it is now; nil when it was removed.
    public let alias: AliasRecord?
    /// False when it was so already.
    public let changed: Bool
    /// The user's revision after it.
    public let revision: UInt64
}
