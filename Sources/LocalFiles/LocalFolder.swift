import Glibc

/// Folders of this machine.
package enum LocalFolder {
    /// Names of what a folder holds, in the order of their bytes, without `.` and `..`. Throws `missing` or `unreadable`.
    package static func names(in folder: LocalPath) throws(LocalFileError) -> [LocalPath] {
        let descriptor = folder.call { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0, let listing = fdopendir(descriptor) else {
            let number = errno
            if descriptor >= 0 { close(descriptor) }
            throw number == ENOENT
                ? LocalFileError(.missing, "\(folder.shown): no such folder")
                : number == ENOTDIR
                    ? LocalFileError(.missing, "\(folder.shown) is no folder; name one")
                    : LocalFileError(
                        .unreadable, "cannot read the folder \(folder.shown): \(LocalFileError.reason(number))")
        }
        defer { closedir(listing) }
        var names: [LocalPath] = []
        errno = 0
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { LocalPath(bytes: String.bytes($0)) }
            }
            if name.bytes != [0x2E], name.bytes != [0x2E, 0x2E] { names.append(name) }
            errno = 0
        }
        guard errno == 0 else {
            throw LocalFileError(
                .unreadable, "cannot read the folder \(folder.shown): \(LocalFileError.reason(errno))")
        }
        return names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// Makes a folder, and those above it that are missing, for their owner alone. Throws `notWritable`.
    package static func make(_ folder: LocalPath) throws(LocalFileError) {
        if let status = FileStatus(folder) {
            guard status.kind == .folder else {
                throw LocalFileError(.notWritable, "\(folder.shown) is no folder; name another place")
            }
            return
        }
        let above = folder.folder
        if above != folder, above.bytes != [0x2E] { try make(above) }
        guard folder.call({ mkdir($0, 0o700) }) == 0 || errno == EEXIST else {
            throw LocalFileError(
                .notWritable, "cannot make the folder \(folder.shown): \(LocalFileError.reason(errno))")
        }
    }
}
