package import LocalFiles

/// What of a model would be fetched, known before any weight is.
package struct PullPlan: Sendable {
    /// A file with what of it is in the cache.
    package struct File: Sendable, Equatable {
        package let file: RepositoryFile
        /// Bytes that need not be fetched again.
        package let held: Int

        package init(file: RepositoryFile, held: Int) {
            self.file = file
            self.held = held
        }
    }

    package let id: ModelID
    package let commit: String
    package let files: [File]
    /// What `config.json` says the model is; nil where it says nothing.
    package let modelType: String?
    /// What its weights hold; nil where no header tells.
    package let census: WeightCensus?
    /// Where it will lie.
    package let folder: LocalPath
    /// Whether files were named beside those a model needs.
    package let isCustom: Bool

    package init(
        id: ModelID, commit: String, files: [File], modelType: String?, census: WeightCensus?, folder: LocalPath,
        isCustom: Bool
    ) {
        self.id = id
        self.commit = commit
        self.files = files
        self.modelType = modelType
        self.census = census
        self.folder = folder
        self.isCustom = isCustom
    }

    /// Bytes of all files.
    package var bytes: Int { files.reduce(0) { $0 + $1.file.size } }
    /// Bytes that will come over the network.
    package var missingBytes: Int { files.reduce(0) { $0 + $1.file.size - $1.held } }

    /// What is left free beside the files.
    private static let reserve = 64 << 20

    /// Throws `storageFull` where the files do not fit a disk with so many free bytes.
    package func checkRoom(free: Int) throws(HubError) {
        guard missingBytes > 0, free < missingBytes || free - missingBytes < Self.reserve else { return }
        throw HubError(
            .storageFull,
            "\(id) needs \(ByteText.size(missingBytes)) more, and \(ByteText.size(free)) are free at \(folder.shown); "
                + "free some, or set HF_HUB_CACHE; nothing was fetched")
    }

    /// The plan for people, line by line.
    package var lines: [String] {
        var lines = ["\(id) (commit \(commit.prefix(12)))\(modelType.map { ", a \($0.shownShort) model" } ?? "")"]
        lines += files.map { entry in
            let state =
                entry.held == entry.file.size
                ? "here already" : entry.held > 0 ? "\(ByteText.size(entry.held)) here already" : ""
            return
                "  \(entry.file.path.shownShort)  \(ByteText.size(entry.file.size))\(state.isEmpty ? "" : "  \(state)")"
        }
        lines.append("\(ByteText.size(missingBytes)) of \(ByteText.size(bytes)) to fetch, into \(folder.shown)")
        if let census {
            let sizes = census.memory.map { "\(ByteText.size($0.bytes)) in \($0.dtype)" }.joined(separator: ", ")
            lines.append(
                "\(Double(census.parameters / 100_000) / 10) million numbers; weights in memory: "
                    + "\(ByteText.size(census.storedBytes)) as they are stored, \(sizes)")
        }
        return lines
    }
}
