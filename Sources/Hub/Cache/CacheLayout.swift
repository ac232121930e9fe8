package import LocalFiles

/// Where the cache that all tools of the hub share keeps what: contents under their digests in `blobs`, names that
/// lead to them in `snapshots`, a commit for each branch and tag in `refs`.
package struct CacheLayout: Sendable, Equatable {
    package let root: LocalPath
    /// `OWNER/NAME`.
    package let repository: String

    package init(_ root: LocalPath, _ repository: String) {
        self.root = root
        self.repository = repository
    }

    private static let prefix = "models--"

    /// The model that a folder of the cache is for; nil for other folders.
    package init?(_ root: LocalPath, folder name: String) {
        guard name.hasPrefix(Self.prefix) else { return nil }
        let repository = String(name.dropFirst(Self.prefix.count)).replacing("--", with: "/")
        guard (try? ModelID(repository))?.repository == repository else { return nil }
        self.init(root, repository)
    }

    private var name: String { Self.prefix + repository.replacing("/", with: "--") }

    /// Everything of the model.
    package var folder: LocalPath { root.appending(name) }
    package var blobs: LocalPath { folder.appending("blobs") }
    package var refs: LocalPath { folder.appending("refs") }
    package var snapshots: LocalPath { folder.appending("snapshots") }
    /// Locks of contents while they are fetched; they stay, empty, as every tool leaves them.
    package var locks: LocalPath { root.appending(".locks").appending(name) }

    package func blob(_ digest: ContentDigest) -> LocalPath { blobs.appending(digest.text) }
    /// What has come of a content so far.
    package func unfinished(_ digest: ContentDigest) -> LocalPath { blob(digest).adding(".incomplete") }
    package func lock(_ digest: ContentDigest) -> LocalPath { locks.appending(digest.text + ".lock") }
    package func ref(_ revision: String) -> LocalPath { refs.appending(revision) }
    /// A commit's files under their names.
    package func snapshot(_ commit: String) -> LocalPath { snapshots.appending(commit) }
    package func pointer(_ commit: String, _ path: String) -> LocalPath { snapshot(commit).appending(path) }

    /// What a name in a snapshot leads to, relative to where it lies.
    package static func target(of path: String, _ digest: ContentDigest) -> String {
        let depth = path.split(separator: "/").count - 1
        return String(repeating: "../", count: depth + 2) + "blobs/" + digest.text
    }
}
