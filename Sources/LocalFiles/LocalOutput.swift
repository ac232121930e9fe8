import Glibc

/// A file that is written in one step: it is there whole, or not at all.
///
/// Nothing but a plain file is ever replaced, and never one of the files it is made from, under whatever name. Whether it
/// can be written is found out when the output is made, so that the work before `write` is not lost to a bad path.
package final class LocalOutput {
    /// What may stand there.
    package enum Rule: Sendable { case newOnly, replace }

    package let path: LocalPath
    private let rule: Rule
    private let sources: [FileStatus]
    /// Permissions; nil keeps those of the file that is replaced, and takes the usual ones for a new file.
    private let mode: UInt32?
    private var draft: (path: LocalPath, descriptor: Int32)?

    /// Checks that the file can be written. Throws `exists` or `notWritable`; nothing is left there.
    /// - Parameter sources: files that must not be replaced.
    package init(
        _ path: LocalPath, _ rule: Rule = .replace, from sources: [LocalPath] = [], mode: UInt32? = nil
    ) throws(LocalFileError) {
        self.path = path
        self.rule = rule
        self.sources = sources.compactMap { FileStatus($0) }
        self.mode = mode
        try begin()
        discard()
    }

    deinit { discard() }

    /// Writes the whole file. Throws `writeFailed`, and what `init` throws, when the place has changed.
    package func write(_ bytes: [UInt8]) throws(LocalFileError) {
        try add(bytes)
        try finish()
    }

    /// Writes a piece; nothing is to be seen before `finish`.
    package func add(_ bytes: [UInt8]) throws(LocalFileError) {
        if draft == nil { try begin() }
        guard let draft else { return }
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                Glibc.write(draft.descriptor, raw.baseAddress.map { $0 + start }, raw.count - start)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw writeFailed(errno) }
            start += count
        }
    }

    /// Puts what was written in its place.
    package func finish() throws(LocalFileError) {
        if draft == nil { try begin() }
        let (target, replaced) = try place()
        guard let draft else { return }
        if let mode = mode ?? replaced?.mode, fchmod(draft.descriptor, mode) != 0 { throw writeFailed(errno) }
        // Some file systems have nothing to wait for.
        if fsync(draft.descriptor) != 0, errno != EINVAL { throw writeFailed(errno) }
        let moved = draft.path.call { from in
            target.call { to in
                guard rule == .newOnly else { return rename(from, to) }
                // Refuses a file that has come meanwhile; where links are not to be had, the check above must do.
                if link(from, to) == 0 { return unlink(from) }
                return errno == EEXIST ? -1 : rename(from, to)
            }
        }
        guard moved == 0 else { throw errno == EEXIST ? there() : writeFailed(errno) }
        close(draft.descriptor)
        UnfinishedFiles.remove(draft.path)
        self.draft = nil
    }

    /// Leaves nothing behind.
    package func discard() {
        guard let draft else { return }
        close(draft.descriptor)
        _ = draft.path.call { unlink($0) }
        UnfinishedFiles.remove(draft.path)
        self.draft = nil
    }

    private func begin() throws(LocalFileError) {
        let (target, _) = try place()
        let folder = target.folder
        let name = ".myvlm-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 16)).new"
        let path = folder.appending(name)
        UnfinishedFiles.add(path)
        let descriptor = path.call { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode == nil ? 0o666 : 0o600) }
        guard descriptor >= 0 else {
            let number = errno
            UnfinishedFiles.remove(path)
            throw cannot(
                number == ENOENT
                    ? "there is no folder \(folder.shown); make it, or name another place"
                    : "\(LocalFileError.reason(number)); check the folder \(folder.shown), or name another place")
        }
        draft = (path, descriptor)
    }

    /// Where the file goes, links followed, and what it replaces. Throws where it may not go.
    private func place() throws(LocalFileError) -> (target: LocalPath, replaced: FileStatus?) {
        guard let last = path.bytes.last, last != UInt8(ascii: "/") else {
            throw cannot("that is no name of a file; name one")
        }
        guard let itself = FileStatus(itself: path) else {
            guard errno == ENOENT || errno == ENOTDIR else { throw cannot(LocalFileError.reason(errno)) }
            return (path, nil)
        }
        guard let status = FileStatus(path) else { throw cannot("it is a link that leads nowhere; name another file") }
        guard status.kind == .plain else {
            throw cannot(
                status.kind == .folder
                    ? "it is a folder; name a file in it"
                    : "it is \(status.kind.words), and nothing but a plain file is ever replaced; name another file")
        }
        if rule == .newOnly { throw there() }
        if sources.contains(where: { $0.isSame(as: status) }) {
            throw cannot("it is the very file that is read, which would be lost; name another file")
        }
        for stream in [STDOUT_FILENO, STDERR_FILENO] {
            guard FileStatus(descriptor: stream).map({ $0.isSame(as: status) }) != true else {
                throw cannot("this command's own output goes there; name another file")
            }
        }
        guard path.call({ faccessat(AT_FDCWD, $0, W_OK, AT_EACCESS) }) == 0 else {
            throw cannot("\(LocalFileError.reason(errno)); check its owner and mode, or name another file")
        }
        return (itself.kind == .link ? try resolved() : path, status)
    }

    private func resolved() throws(LocalFileError) -> LocalPath {
        var target: LocalPath?
        _ = path.call { name -> Int in
            guard let real = realpath(name, nil) else { return -1 }
            target = LocalPath(bytes: String.bytes(real))
            free(real)
            return 0
        }
        guard let target else { throw cannot(LocalFileError.reason(errno)) }
        return target
    }

    private func cannot(_ why: String) -> LocalFileError {
        LocalFileError(.notWritable, "cannot write \(path.shown): \(why)")
    }

    private func there() -> LocalFileError {
        LocalFileError(.exists, "\(path.shown) is there already; nothing was written; name another file")
    }

    private func writeFailed(_ number: Int32) -> LocalFileError {
        let error = LocalFileError(
            .writeFailed,
            number == ENOSPC || number == EDQUOT
                ? "cannot write \(path.shown): the disk is full (\(LocalFileError.reason(number))); nothing was left there"
                : "cannot write \(path.shown): \(LocalFileError.reason(number)); nothing was left there")
        discard()
        return error
    }
}
