import Glibc

/// A file that is read: a plain one, or whatever else gives bytes and ends: a pipe, standard input, a device.
package final class LocalInput {
    package let path: LocalPath
    /// What was opened.
    package let status: FileStatus
    private let descriptor: Int32

    /// Opens it. Waits for nobody: a pipe that no one writes yet is waited for when it is read, where cancelling the
    /// task ends the wait. Throws `missing` or `unreadable`.
    package init(_ path: LocalPath) throws(LocalFileError) {
        var descriptor = path.call { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
        // A socket, and another user's pipe, cannot be opened a second time; what is open already can be shared.
        if descriptor < 0, [ENXIO, EACCES].contains(errno), let own = Self.own(path) {
            descriptor = fcntl(own, F_DUPFD_CLOEXEC, 3)
        }
        guard descriptor >= 0 else { throw Self.failure(path, errno) }
        guard let status = FileStatus(descriptor: descriptor), status.kind != .folder else {
            close(descriptor)
            throw LocalFileError(.unreadable, "\(path.shown) is a folder; name the files in it")
        }
        self.path = path
        self.descriptor = descriptor
        self.status = status
    }

    deinit { close(descriptor) }

    /// Everything in it. Throws `tooLarge` above `limit` bytes, without reading a plain file at all.
    package static func contents(of path: LocalPath, limit: Int) throws(LocalFileError) -> [UInt8] {
        try LocalInput(path).contents(limit: limit)
    }

    /// Everything from here on. Throws `tooLarge` above `limit` bytes.
    package func contents(limit: Int) throws(LocalFileError) -> [UInt8] {
        guard status.kind != .plain || status.size <= limit else { throw tooLarge(limit) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(status.kind == .plain ? status.size : 0)
        while true {
            let piece = try read(upTo: min(limit - bytes.count + 1, 256 << 10))
            if piece.isEmpty { return bytes }
            bytes += piece
            guard bytes.count <= limit else { throw tooLarge(limit) }
        }
    }

    /// The next bytes, at most `count`; none at the end.
    package func read(upTo count: Int) throws(LocalFileError) -> [UInt8] {
        while true {
            if status.kind != .plain { try awaitBytes() }
            var number: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                let got = Glibc.read(descriptor, buffer.baseAddress, count)
                number = got < 0 ? errno : 0
                filled = max(0, got)
            }
            switch number {
            case 0: return bytes
            case EINTR, EAGAIN: continue
            default: throw Self.failure(path, number)
            }
        }
    }

    private func awaitBytes() throws(LocalFileError) {
        var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&poller, 1, 100) <= 0 {
            if Task.isCancelled { throw LocalFileError(.cancelled, "cancelled") }
        }
    }

    private func tooLarge(_ limit: Int) -> LocalFileError {
        let size = limit >= 1 << 20 ? "\(limit >> 20) MiB" : "\(limit) bytes"
        return LocalFileError(
            .tooLarge,
            status.kind == .plain
                ? "\(path.shown) is larger than \(size); save it smaller and try again"
                : "\(path.shown) does not end within \(size), the most that is read")
    }

    private static func own(_ path: LocalPath) -> Int32? {
        let text = path.text
        if text == "/dev/stdin" { return STDIN_FILENO }
        for folder in ["/dev/fd/", "/proc/self/fd/"] where text.hasPrefix(folder) {
            return Int32(text.dropFirst(folder.count))
        }
        return nil
    }

    private static func failure(_ path: LocalPath, _ number: Int32) -> LocalFileError {
        switch number {
        case ENOENT, ENOTDIR: LocalFileError(.missing, "\(path.shown): no such file")
        case EACCES, EPERM:
            LocalFileError(.unreadable, "cannot read \(path.shown): no permission; check its owner and mode")
        case ENXIO: LocalFileError(.unreadable, "cannot read \(path.shown): it is a socket; name a file")
        default:
            LocalFileError(.unreadable, "cannot read \(path.shown): \(LocalFileError.reason(number))")
        }
    }
}
