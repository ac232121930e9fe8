import Foundation
package import VLM

/// What a server knows of the models it once loaded, kept as `models.json` in its home: which concepts are whose can be
/// told, and a concept's file be looked at, while the model itself is not in memory.
///
/// A hint, renewed by every load: a file that is lost, damaged or of another list of models costs nothing but that.
package struct KnownModels: Sendable {
    private struct Entry: Codable {
        let source: String
        let name: String
        let digest: String
        let hiddenSize: Int
        let featureSize: Int
        let gridRows: Int
        let gridColumns: Int
        let insertionPoint: String
    }

    /// The largest file that is read.
    private static let limit = 1 << 20

    private let path: String?
    private var entries: [String: Entry] = [:]

    /// Nothing, to be kept nowhere.
    package init() { path = nil }

    /// What a file holds; nothing where it cannot be read.
    package init(path: String) {
        self.path = path
        guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int, size <= Self.limit,
            let data = FileManager.default.contents(atPath: path),
            let entries = try? JSONDecoder().decode([String: Entry].self, from: data)
        else { return }
        self.entries = entries
    }

    /// Who the model of a name was when it was last loaded from the same source.
    package func identity(_ name: String, source: String) -> ModelIdentity? {
        guard let entry = entries[name], entry.source == source,
            let point = InsertionPoint(rawValue: entry.insertionPoint), entry.digest.utf8.count == 64,
            entry.hiddenSize > 0, entry.featureSize > 0, entry.gridRows >= 0, entry.gridColumns >= 0
        else { return nil }
        return ModelIdentity(
            name: entry.name, digest: entry.digest, hiddenSize: entry.hiddenSize, featureSize: entry.featureSize,
            gridRows: entry.gridRows, gridColumns: entry.gridColumns, insertionPoint: point)
    }

    /// Notes who a model is.
    package mutating func note(_ identity: ModelIdentity, as name: String, source: String) {
        entries[name] = Entry(
            source: source, name: identity.name, digest: identity.digest, hiddenSize: identity.hiddenSize,
            featureSize: identity.featureSize, gridRows: identity.gridRows, gridColumns: identity.gridColumns,
            insertionPoint: identity.insertionPoint.rawValue)
    }

    /// Writes the file. Throws `ServiceError` where it cannot be written.
    package func write() throws {
        guard let path else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try PrivateFile.replace(path, [UInt8](encoder.encode(entries)) + [0x0A], mode: 0o600)
    }
}
