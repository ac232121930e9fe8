import Foundation

/// A read-only memory mapping of a whole file.
///
/// Sendable because the mapping is never written, never moves and lives exactly as long as the object.
package final class MappedFile: @unchecked Sendable {
    // Invariant for `@unchecked Sendable`: `bytes` is set once in `init`, maps `PROT_READ` memory, and is unmapped
    // only in `deinit`, when nobody holds the object any more.
    package let bytes: UnsafeRawBufferPointer
    package let path: String

    /// Maps a file; throws `checkpointUnreadable` when it cannot be opened, is no regular file or is empty.
    package init(path: String) throws {
        self.path = path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw VLMError(.checkpointUnreadable, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            throw VLMError(.checkpointUnreadable, "\(path) is not a regular file with content")
        }
        let size = Int(status.st_size)
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw VLMError(.checkpointUnreadable, "cannot map \(path): \(String(cString: strerror(errno)))")
        }
        bytes = UnsafeRawBufferPointer(start: address, count: size)
    }

    /// Gives the memory of pages that lie wholly in a range back; they are read again when they are used again.
    package func forget(_ range: Range<Int>) {
        let page = Int(getpagesize())
        let first = (range.lowerBound + page - 1) / page * page
        let last = range.upperBound / page * page
        guard first < last, let base = bytes.baseAddress else { return }
        madvise(UnsafeMutableRawPointer(mutating: base + first), last - first, MADV_DONTNEED)
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
}
