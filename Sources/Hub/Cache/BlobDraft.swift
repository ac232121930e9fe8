internal import Foundations
internal import Glibc
internal import LocalFiles

/// A content on its way into the cache: what has come stays as `DIGEST.incomplete` until it is whole and right, so that
/// whoever comes next, this program or another tool, goes on from there. Confined to who holds its lock.
final class BlobDraft {
    private let place: LocalPath
    private let descriptor: Int32
    private let digest: ContentDigest
    private let size: Int
    private var digester: ContentDigester?
    /// Bytes that are there.
    private(set) var count = 0

    /// Opens it, and reads what is there already. More than there can be is nothing.
    init(_ place: LocalPath, _ digest: ContentDigest, size: Int) throws(HubError) {
        self.place = place
        self.digest = digest
        self.size = size
        try CacheFiles.makeFolder(place.folder)
        descriptor = place.call { open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666) }
        guard descriptor >= 0 else { throw CacheFiles.cannot("write", place, errno) }
        digester = ContentDigester(digest, size: size)
        if let status = FileStatus(descriptor: descriptor), status.size <= size {
            try reread()
        } else {
            try restart()
        }
    }

    deinit { close(descriptor) }

    /// Adds bytes. Throws `badData` for more than the hub has said there are: a file that does not end.
    func add(_ bytes: UnsafeRawBufferPointer) throws(HubError) {
        guard bytes.count <= size - count else {
            throw HubError(
                .badData,
                "\(place.dropping(".incomplete").name.shown) goes on beyond the \(size) bytes the hub lists it with")
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written >= 0 else { throw CacheFiles.cannot("write", place, errno) }
            rest = rest.dropFirst(written)
        }
        digester?.update(bytes)
        count += bytes.count
    }

    /// Begins anew.
    func restart() throws(HubError) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw CacheFiles.cannot("write", place, errno)
        }
        digester = ContentDigester(digest, size: size)
        count = 0
    }

    /// Whether what is there is what was wanted; to be asked once, when all of it is there.
    func isRight() -> Bool { digester.take()?.finish() == digest.text }

    /// Puts it in its place.
    func finish(as blob: LocalPath) throws(HubError) {
        if fsync(descriptor) != 0, errno != EINVAL { throw CacheFiles.cannot("write", place, errno) }
        guard place.call({ from in blob.call { rename(from, $0) } }) == 0 else {
            throw CacheFiles.cannot("write", blob, errno)
        }
    }

    /// Takes it away.
    func discard() { _ = place.call { unlink($0) } }

    private func reread() throws(HubError) {
        do throws(SystemFailure) {
            try FilePieces.read(descriptor) { piece in
                digester?.update(piece)
                count += piece.count
            }
        } catch {
            throw CacheFiles.cannot("read", place, error.number)
        }
    }
}
