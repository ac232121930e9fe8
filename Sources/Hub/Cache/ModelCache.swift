internal import Foundation
package import LocalFiles

/// What of one model lies in the cache.
package struct CachedModel: Sendable {
    /// One commit of it.
    package struct Snapshot: Sendable {
        package let commit: String
        /// Branches and tags that mean it.
        package let revisions: [String]
        package let folder: LocalPath
        package let files: Int
        package let bytes: Int
        /// Files that a model needs and that are not there; none where it can be loaded.
        package let missing: [String]
    }

    /// `OWNER/NAME`.
    package let repository: String
    package let snapshots: [Snapshot]
    /// Bytes of everything of it, also of what no snapshot names.
    package let bytes: Int
}

/// The cache that all tools of the hub share, as files. Makes no request.
package struct ModelCache: Sendable {
    package let root: LocalPath

    /// The most files that are looked at in one snapshot.
    static let most = 100_000
    private static let indexLimit = 16 << 20

    package init(_ root: LocalPath) { self.root = root }

    package func layout(_ id: ModelID) -> CacheLayout { CacheLayout(root, id.repository) }

    /// The commit that the cache has for a revision.
    package func commit(of id: ModelID) -> String? {
        let layout = layout(id)
        if id.isCommit { return FileStatus(layout.snapshot(id.revision)) == nil ? nil : id.revision }
        return commit(at: layout.ref(id.revision))
    }

    /// The folder of a revision that is there whole; nil where something of it is missing.
    package func folder(of id: ModelID) throws(HubError) -> LocalPath? {
        guard let commit = commit(of: id) else { return nil }
        let folder = layout(id).snapshot(commit)
        return try Self.missing(in: folder).isEmpty ? folder : nil
    }

    /// All models, by name.
    package func models() throws(HubError) -> [CachedModel] {
        var models: [CachedModel] = []
        for name in try CacheFiles.names(in: root) {
            if let layout = CacheLayout(root, folder: name.text) { models.append(try model(layout)) }
        }
        return models
    }

    /// What is there of one model; nil where there is nothing.
    package func model(_ id: ModelID) throws(HubError) -> CachedModel? {
        let layout = layout(id)
        return FileStatus(layout.folder) == nil ? nil : try model(layout)
    }

    private func model(_ layout: CacheLayout) throws(HubError) -> CachedModel {
        let refs = try revisions(layout)
        var snapshots: [CachedModel.Snapshot] = []
        for name in try CacheFiles.names(in: layout.snapshots) where ModelID.isCommit(name.text) {
            let folder = layout.snapshot(name.text)
            let files = try Self.files(in: folder)
            snapshots.append(
                CachedModel.Snapshot(
                    commit: name.text, revisions: refs.filter { $0.commit == name.text }.map(\.revision).sorted(),
                    folder: folder, files: files.count,
                    bytes: files.reduce(0) { $0 + (FileStatus(folder.appending($1))?.size ?? 0) },
                    missing: try Self.missing(in: folder)))
        }
        let bytes = try CacheFiles.names(in: layout.blobs).reduce(0) { sum, name in
            sum + (FileStatus(layout.blobs.appending(name))?.size ?? 0)
        }
        return CachedModel(repository: layout.repository, snapshots: snapshots, bytes: bytes)
    }

    /// Branches and tags with their commits.
    func revisions(_ layout: CacheLayout) throws(HubError) -> [(revision: String, commit: String)] {
        try Self.files(in: layout.refs).compactMap { name in
            commit(at: layout.ref(name)).map { (name, $0) }
        }
    }

    private func commit(at ref: LocalPath) -> String? {
        guard let bytes = try? LocalInput.contents(of: ref, limit: 256) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        return ModelID.isCommit(text) ? text : nil
    }

    /// Any of them is a tokenizer.
    private static let tokenizers = ["tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json"]

    /// Files that a model needs and that a folder lacks: its configuration, a tokenizer, and weights, of which an index
    /// names the shards. A link that leads nowhere is no file.
    package static func missing(in folder: LocalPath) throws(HubError) -> [String] {
        func isThere(_ name: String) -> Bool { FileStatus(folder.appending(name))?.kind == .plain }
        let lacks = [("config.json", ["config.json"]), ("tokenizer.json", tokenizers)]
            .filter { !$0.1.contains(where: isThere) }.map(\.0)
        if isThere("model.safetensors") { return lacks }
        let index = "model.safetensors.index.json"
        guard isThere(index) else { return lacks + ["model.safetensors"] }
        struct Index: Decodable {
            let weight_map: [String: String]
        }
        guard let bytes = try? LocalInput.contents(of: folder.appending(index), limit: indexLimit),
            let stated = try? JSONDecoder().decode(Index.self, from: Data(bytes)), !stated.weight_map.isEmpty
        else {
            throw HubError(
                .badData, "\(folder.appending(index).shown) is no index of weights; remove the model and pull it again")
        }
        return lacks + Set(stated.weight_map.values).filter { $0.contains("/") || !isThere($0) }.sorted()
    }

    /// Paths of everything below a folder but folders, in order; nothing where there is none.
    static func files(in folder: LocalPath) throws(HubError) -> [String] {
        var found: [String] = []
        var folders = [""]
        while let below = folders.popLast() {
            for name in try CacheFiles.names(in: folder.appending(below)) {
                let path = below.isEmpty ? name.text : below + "/" + name.text
                if FileStatus(itself: folder.appending(path))?.kind == .folder {
                    folders.append(path)
                } else {
                    found.append(path)
                }
                guard found.count + folders.count <= most else {
                    throw HubError(
                        .badData, "\(folder.shown) holds more than \(most) files; is HF_HUB_CACHE a cache of the hub?")
                }
            }
        }
        return found.sorted()
    }
}
