internal import Foundations
internal import Glibc
package import LocalFiles

/// What a look at every byte of a model has found.
package struct Verification: Sendable {
    /// A file that is not what its name in the cache says.
    package struct Damage: Sendable, Equatable {
        package let path: String
        package let problem: String
    }

    package let commit: String
    package let folder: LocalPath
    /// Files that are what they should be.
    package let good: Int
    package let bytes: Int
    package let damaged: [Damage]
    /// Files that somebody put there, a bank of negatives say: they came from no hub and have no digest.
    package let added: [String]
}

extension ModelCache {
    /// Compares each file of a revision with the digest that it lies under. Throws `notFound` where there is none.
    package func verify(_ id: ModelID) throws(HubError) -> Verification {
        let layout = layout(id)
        guard let commit = commit(of: id) else { throw absent(id) }
        let folder = layout.snapshot(commit)
        var (good, bytes) = (0, 0)
        var damaged: [Verification.Damage] = []
        var added: [String] = []
        for path in try Self.files(in: folder) {
            if FileStatus(itself: folder.appending(path))?.kind == .plain {
                added.append(path)
            } else if let problem = try problem(of: folder.appending(path)) {
                damaged.append(Verification.Damage(path: path, problem: problem))
            } else {
                good += 1
                bytes += FileStatus(folder.appending(path))?.size ?? 0
            }
        }
        for path in try Self.missing(in: folder) where !damaged.contains(where: { $0.path == path }) {
            damaged.append(Verification.Damage(path: path, problem: "it is missing"))
        }
        return Verification(commit: commit, folder: folder, good: good, bytes: bytes, damaged: damaged, added: added)
    }

    /// What is wrong with a file of a snapshot; nil where nothing is.
    private func problem(of place: LocalPath) throws(HubError) -> String? {
        guard let target = CacheFiles.linked(place) else { return "it is no link into the cache" }
        guard let status = FileStatus(place), status.kind == .plain else { return "what it leads to is not there" }
        guard let digest = ContentDigest(LocalPath(target).name.text) else {
            return "what it leads to is not named by a digest"
        }
        return try Self.digest(of: place, as: digest, size: status.size) == digest.text
            ? nil : "its content is not what the hub gave out"
    }

    private static func digest(of place: LocalPath, as kind: ContentDigest, size: Int) throws(HubError) -> String {
        let descriptor = place.call { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw CacheFiles.cannot("read", place, errno) }
        defer { close(descriptor) }
        var digester = ContentDigester(kind, size: size)
        do throws(SystemFailure) {
            try FilePieces.read(descriptor) { digester.update($0) }
        } catch {
            throw CacheFiles.cannot("read", place, error.number)
        }
        return digester.finish()
    }
}
