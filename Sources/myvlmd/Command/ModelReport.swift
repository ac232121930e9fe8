import Foundation
import Hub
import LocalFiles

/// The stable JSON of `myvlmd model`.
enum ModelReport {
    struct File: Encodable {
        let path: String
        let bytes: Int
    }

    struct Pull: Encodable {
        let model: String
        let revision: String
        let commit: String
        let folder: String
        let fetched: Bool
        let modelType: String?
        let bytes: Int
        /// Bytes that were not in the cache.
        let missingBytes: Int
        let parameters: Int?
        /// What the weights take in memory as they are stored.
        let storedBytes: Int?
        /// The same by number format.
        let memoryBytes: [String: Int]?
        let files: [File]

        init(_ plan: PullPlan, isFetched: Bool) {
            model = plan.id.repository
            revision = plan.id.revision
            commit = plan.commit
            folder = plan.folder.text
            fetched = isFetched
            modelType = plan.modelType
            bytes = plan.bytes
            missingBytes = plan.missingBytes
            parameters = plan.census?.parameters
            storedBytes = plan.census?.storedBytes
            memoryBytes = plan.census.map { Dictionary($0.memory.map { ($0.dtype, $0.bytes) }) { first, _ in first } }
            files = plan.files.map { File(path: $0.file.path, bytes: $0.file.size) }
        }
    }

    struct Model: Encodable {
        struct Snapshot: Encodable {
            let commit: String
            let revisions: [String]
            let folder: String
            let files: Int
            let bytes: Int
            let missing: [String]
        }
        let model: String
        let bytes: Int
        let snapshots: [Snapshot]

        init(_ cached: CachedModel) {
            model = cached.repository
            bytes = cached.bytes
            snapshots = cached.snapshots.map {
                Snapshot(
                    commit: $0.commit, revisions: $0.revisions, folder: $0.folder.text, files: $0.files,
                    bytes: $0.bytes,
                    missing: $0.missing)
            }
        }
    }

    struct List: Encodable {
        let cache: String
        let models: [Model]
    }

    struct Removal: Encodable {
        let model: String
        let freedBytes: Int
    }

    struct Check: Encodable {
        struct Damage: Encodable {
            let path: String
            let problem: String
        }
        let model: String
        let commit: String
        let folder: String
        let good: Int
        let bytes: Int
        let damaged: [Damage]
        let added: [String]

        init(_ id: ModelID, _ found: Verification) {
            model = id.repository
            commit = found.commit
            folder = found.folder.text
            good = found.good
            bytes = found.bytes
            damaged = found.damaged.map { Damage(path: $0.path, problem: $0.problem) }
            added = found.added
        }
    }

    static func encoded(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
