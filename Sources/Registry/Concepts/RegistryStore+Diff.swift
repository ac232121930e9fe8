internal import Foundation
internal import GRDB

/// One field in which two versions differ.
public struct VersionDifference: Sendable, Equatable {
    /// `threshold`, `training.steps` and the like.
    public let field: String
    /// Its value on the left; empty where it has none.
    public let left: String
    /// Its value on the right.
    public let right: String
}

/// Two versions side by side.
public struct VersionComparison: Sendable, Equatable {
    /// The left one.
    public let left: VersionRecord
    /// The right one.
    public let right: VersionRecord
    /// In a fixed order; empty when only number and time differ.
    public let differences: [VersionDifference]
}

extension RegistryStore {
    /// What differs between two versions: every field of their manifests and training records. Read in one
    /// transaction.
    public func compare(
        _ name: String, _ left: VersionSelector, _ right: VersionSelector, of userID: Int64
    ) async throws -> VersionComparison {
        try await read { db in
            let concept = try Self.concept(db, name, userID)
            let a = try Self.version(db, concept, try left.resolve(db, concept))
            let b = try Self.version(db, concept, try right.resolve(db, concept))
            return VersionComparison(left: a, right: b, differences: Self.differences(a, b))
        }
    }

    private static func differences(_ a: VersionRecord, _ b: VersionRecord) -> [VersionDifference] {
        let fields: [(String, @Sendable (VersionRecord) -> String)] = [
            ("kind", { $0.kind.rawValue }), ("class", { $0.classNoun }), ("identifier", { $0.identifier }),
            ("threshold", { "\($0.threshold)" }), ("model", { $0.modelDigest }), ("photos", { "\($0.photoCount)" }),
            ("parent", { $0.parent.map { "v\($0)" } ?? "" }), ("size", { "\($0.sizeBytes)" }),
            ("digest", { $0.digest }),
        ]
        var found = fields.compactMap { name, value in
            value(a) == value(b) ? nil : VersionDifference(field: name, left: value(a), right: value(b))
        }
        let (left, right) = (flattened(a.trainingRecord), flattened(b.trainingRecord))
        for key in Set(left.keys).union(right.keys).sorted() where left[key] != right[key] {
            found.append(
                VersionDifference(field: "training" + key, left: left[key] ?? "", right: right[key] ?? ""))
        }
        return found
    }

    /// The leaves of a JSON object under paths such as `.settings.steps`.
    private static func flattened(_ json: String) -> [String: String] {
        var leaves: [String: String] = [:]
        func walk(_ value: Any, _ path: String) {
            switch value {
            case let object as [String: Any]: for (key, inner) in object { walk(inner, path + "." + key) }
            case let list as [Any]: for (index, inner) in list.enumerated() { walk(inner, path + "[\(index)]") }
            default: leaves[path] = "\(value)"
            }
        }
        // Stored records are JSON objects; `CheckedEnrollment` made sure of it.
        if let object = try? JSONSerialization.jsonObject(with: Data(json.utf8)) { walk(object, "") }
        return leaves
    }
}
