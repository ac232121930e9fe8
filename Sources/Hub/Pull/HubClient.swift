internal import Foundation
internal import LocalFiles

/// Gets models from a hub into the cache. Blocks whoever calls; confined to who made it.
///
/// Nothing is believed because the hub says so: names are checked before they are paths, sizes bound what is read, and
/// a file is in the cache only when its digest is right. What broke off goes on where it broke off.
package final class HubClient {
    package let settings: HubSettings
    package let cache: ModelCache
    let transport: any HubTransport
    let wait: (Int) throws(HubError) -> Void
    let tell: (PullEvent) -> Void

    /// The most bytes of one answer that is no file.
    static let answerLimit = 16 << 20
    /// The most bytes of a `config.json`.
    static let configurationLimit = 4 << 20
    /// The most pages of a list of files, and files on them.
    static let pages = 200
    static let listed = 100_000

    /// A client over a transport.
    /// - Parameters:
    ///   - wait: lets so many seconds pass between two tries.
    ///   - tell: is told how a pull goes on.
    package init(
        _ settings: HubSettings, transport: any HubTransport, wait: @escaping (Int) throws(HubError) -> Void,
        tell: @escaping (PullEvent) -> Void = { _ in }
    ) {
        self.settings = settings
        self.transport = transport
        self.wait = wait
        self.tell = tell
        cache = ModelCache(settings.cache)
    }

    /// What a pull would fetch: the revision's commit, the files that are wanted, what of them is here, and what the
    /// weights take in memory. Throws `HubError`; nothing is written.
    package func plan(_ id: ModelID, including patterns: [String] = []) throws(HubError) -> PullPlan {
        guard !settings.isOffline else {
            throw HubError(.unavailable, "HF_HUB_OFFLINE forbids every request; unset it to fetch \(id)")
        }
        let commit = try commit(of: id)
        let files = try ModelFiles.chosen(files(of: id, commit: commit), including: patterns, of: id)
        let layout = cache.layout(id)
        let plan = PullPlan(
            id: id, commit: commit, files: files.map { PullPlan.File(file: $0, held: held($0, layout)) },
            modelType: try modelType(files, of: id, commit: commit), census: try census(files, of: id, commit: commit),
            folder: layout.snapshot(commit), isCustom: !patterns.isEmpty)
        try plan.checkRoom(free: CacheFiles.free(at: settings.cache))
        return plan
    }

    /// Bytes of a file that are in the cache.
    private func held(_ file: RepositoryFile, _ layout: CacheLayout) -> Int {
        if FileStatus(layout.blob(file.digest))?.size == file.size { return file.size }
        guard let begun = FileStatus(itself: layout.unfinished(file.digest)), begun.kind == .plain else { return 0 }
        return begun.size < file.size ? begun.size : 0
    }

    private func commit(of id: ModelID) throws(HubError) -> String {
        guard let url = settings.address.model(id) else { throw Self.noAddress(id) }
        let (json, _) = try whole(url, limit: Self.answerLimit, of: id, what: "description")
        guard let told = try? JSONDecoder().decode(ModelInformation.self, from: Data(json)), ModelID.isCommit(told.sha)
        else {
            throw HubError(.badData, "\(url.shown) names no commit; is HF_ENDPOINT a hub?")
        }
        return told.sha
    }

    private func files(of id: ModelID, commit: String) throws(HubError) -> [RepositoryFile] {
        var files: [RepositoryFile] = []
        var next = settings.address.tree(id, commit: commit)
        for _ in 0..<Self.pages {
            guard let url = next else { return try Self.unique(files, of: id) }
            let (json, answer) = try whole(url, limit: Self.answerLimit, of: id, what: "list of files")
            files += try FileListing(json, from: url).files
            guard files.count <= Self.listed else { break }
            next = answer.nextPage.flatMap { HubURL($0, relativeTo: url) }
            if answer.nextPage != nil, next?.isSameOrigin(as: url) != true {
                throw HubError(.badData, "the list of files of \(id) goes on at another server; nothing was fetched")
            }
        }
        throw HubError(.badData, "the list of files of \(id) does not end; nothing was fetched")
    }

    private static func unique(_ files: [RepositoryFile], of id: ModelID) throws(HubError) -> [RepositoryFile] {
        guard Set(files.map(\.path)).count == files.count else {
            throw HubError(.badData, "the hub lists a file of \(id) twice; nothing was fetched")
        }
        return files
    }

    private func modelType(_ files: [RepositoryFile], of id: ModelID, commit: String) throws(HubError) -> String? {
        struct Header: Decodable {
            let model_type: String?
        }
        guard let file = files.first(where: { $0.path == "config.json" }) else { return nil }
        guard file.size <= Self.configurationLimit else {
            throw HubError(
                .badData, "config.json of \(id) has \(file.size) bytes, which no configuration has; nothing was fetched"
            )
        }
        let json = try start(of: file, count: file.size, id, commit)
        return (try? JSONDecoder().decode(Header.self, from: Data(json)))?.model_type
    }

    private func census(_ files: [RepositoryFile], of id: ModelID, commit: String) throws(HubError) -> WeightCensus? {
        let hasOneFile = files.contains { $0.path == "model.safetensors" }
        let weights = files.filter { ModelFiles.isWeights($0.path, alone: hasOneFile) }
        guard !weights.isEmpty else { return nil }
        var census = WeightCensus()
        for file in weights {
            guard file.size >= 8, let length = WeightCensus.headerLength(try start(of: file, count: 8, id, commit)),
                length <= file.size - 8
            else { return nil }
            let bytes = try start(of: file, count: 8 + length, id, commit)
            guard bytes.count == 8 + length, census.add(header: Array(bytes[8...])) else { return nil }
        }
        return census
    }

    static func noAddress(_ id: ModelID) -> HubError {
        HubError(.usage, "there is no address for \(id) at HF_ENDPOINT")
    }
}
