package import Foundation

/// Files only their owner may read: keys, passwords, the database's folder.
package enum PrivateFile {
    /// Creates a file of mode 0600 with the bytes, synced to the disk; never replaces one that is there.
    package static func create(_ path: String, _ bytes: [UInt8]) throws(ServiceError) {
        try write(path, bytes, flags: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode: 0o600)
    }

    /// Adds bytes to a file that is there.
    package static func append(_ path: String, _ bytes: [UInt8]) throws(ServiceError) {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        try fill(descriptor, bytes, path)
    }

    /// Waits until what was written to a file is on the disk.
    package static func sync(_ path: String) throws(ServiceError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, errno) }
    }

    /// Moves a folder to where nothing is yet, also to another disk.
    package static func move(_ folder: String, to other: String) throws(ServiceError) {
        guard rename(folder, other) != 0 else { return }
        guard errno == EXDEV else { throw failure(other, errno) }
        do {
            try FileManager.default.copyItem(atPath: folder, toPath: other)
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            throw ServiceError(.cannotCreate, "cannot move \(folder) to \(other)", cause: error)
        }
    }

    /// Makes a folder of mode 0700 that must not be there yet.
    package static func makeNewFolder(_ path: String) throws(ServiceError) {
        guard mkdir(path, 0o700) == 0 else { throw failure(path, errno) }
    }

    /// Makes a folder of mode 0700 where there is none.
    package static func makeFolder(_ path: String) throws(ServiceError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
        throw failure(path, errno)
    }

    /// Replaces a file atomically: a reader sees the old bytes or the new ones, never a part.
    package static func replace(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(ServiceError) {
        let temporary = path + ".\(getpid()).new"
        unlink(temporary)
        try write(temporary, bytes, flags: O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode: mode)
        guard rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            throw ServiceError(.cannotCreate, "cannot write \(path): \(reason)")
        }
    }

    private static func write(_ path: String, _ bytes: [UInt8], flags: Int32, mode: mode_t) throws(ServiceError) {
        let descriptor = open(path, flags, mode)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        // The umask may have removed bits; the mode must be exact.
        guard fchmod(descriptor, mode) == 0 else { throw failure(path, errno) }
        do {
            try fill(descriptor, bytes, path)
        } catch {
            unlink(path)
            throw error
        }
        guard fsync(descriptor) == 0 else {
            let number = errno
            unlink(path)
            throw failure(path, number)
        }
    }

    private static func fill(_ descriptor: Int32, _ bytes: [UInt8], _ path: String) throws(ServiceError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                #if canImport(Glibc)
                    Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                #else
                    Foundation.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
                #endif
            }
            if count < 0, errno != EINTR { throw failure(path, errno) }
            written += max(0, count)
        }
    }

    private static func failure(_ path: String, _ number: Int32) -> ServiceError {
        let reason = String(cString: strerror(number))
        switch number {
        case EEXIST:
            return ServiceError(.cannotCreate, "\(path) exists already and is not replaced; choose another folder")
        case ENOSPC, EDQUOT:
            return ServiceError(.storageFull, "the disk is full: cannot write \(path); free some space and try again")
        default:
            return ServiceError(.cannotCreate, "cannot write \(path): \(reason)")
        }
    }
}
