internal import Glibc
internal import LocalFiles

/// Calls of the file system that the cache is made by.
enum CacheFiles {
    /// Makes a folder and those above it, for whom the user's mask allows: other tools make them so.
    static func makeFolder(_ folder: LocalPath) throws(HubError) {
        if FileStatus(folder)?.kind == .folder { return }
        let above = folder.folder
        if above != folder, above.bytes != [UInt8(ascii: ".")] { try makeFolder(above) }
        guard folder.call({ mkdir($0, 0o777) }) == 0 || errno == EEXIST && FileStatus(folder)?.kind == .folder else {
            throw cannot("make the folder", folder, errno)
        }
    }

    /// Puts a link in its place in one step, whatever stood there.
    static func link(_ place: LocalPath, to target: String) throws(HubError) {
        if linked(place) == target { return }
        try makeFolder(place.folder)
        let draft = place.folder.appending(".link-\(getpid())-\(UInt64.random(in: 0 ... .max))")
        let made = draft.call { draft in target.withCString { symlink($0, draft) } }
        guard made == 0 else { throw cannot("make a link at", place, errno) }
        guard draft.call({ draft in place.call { rename(draft, $0) } }) == 0 else {
            let number = errno
            _ = draft.call { unlink($0) }
            throw cannot("make a link at", place, number)
        }
    }

    /// What a link leads to, as it stands in it; nil for what is none.
    static func linked(_ place: LocalPath) -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = place.call { place in
            buffer.withUnsafeMutableBytes { raw in
                raw.baseAddress.map { readlink(place, $0.assumingMemoryBound(to: CChar.self), raw.count) } ?? -1
            }
        }
        return count < 0 ? nil : String(validating: buffer[..<count], as: UTF8.self)
    }

    /// Writes a small file whole.
    static func write(_ text: String, to place: LocalPath) throws(HubError) {
        try makeFolder(place.folder)
        do {
            try LocalOutput(place).write(Array(text.utf8))
        } catch {
            throw HubError(error.code == .writeFailed ? .storageFull : .cannotWrite, error.message)
        }
    }

    /// Takes away a file or a link, or a folder with all that is in it; links are not followed.
    static func remove(_ place: LocalPath) throws(HubError) {
        guard let status = FileStatus(itself: place) else { return }
        guard status.kind == .folder else {
            guard place.call({ unlink($0) }) == 0 || errno == ENOENT else { throw cannot("remove", place, errno) }
            return
        }
        for name in try names(in: place) { try remove(place.appending(name)) }
        guard place.call({ rmdir($0) }) == 0 || errno == ENOENT else { throw cannot("remove", place, errno) }
    }

    /// What a folder holds; nothing where there is none.
    static func names(in folder: LocalPath) throws(HubError) -> [LocalPath] {
        do {
            return try LocalFolder.names(in: folder)
        } catch {
            if error.code == .missing { return [] }
            throw HubError(.cannotWrite, error.message)
        }
    }

    /// Bytes that are free for this user where a folder is or would be.
    static func free(at folder: LocalPath) throws(HubError) -> Int {
        var place = folder
        while FileStatus(place) == nil, place.folder != place { place = place.folder }
        var status = statvfs()
        guard place.call({ statvfs($0, &status) }) == 0 else { throw cannot("look at", place, errno) }
        let (bytes, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
            by: Int(clamping: status.f_frsize))
        return overflow ? .max : bytes
    }

    /// An error of the system with what to do.
    static func cannot(_ what: String, _ place: LocalPath, _ number: Int32) -> HubError {
        let reason = String(cString: strerror(number))
        return number == ENOSPC || number == EDQUOT
            ? HubError(
                .storageFull,
                "the disk is full (\(place.shown)); free some and run the same command: it goes on from there")
            : HubError(
                .cannotWrite, "cannot \(what) \(place.shown): \(reason); check its owner and mode, or set HF_HUB_CACHE")
    }
}
