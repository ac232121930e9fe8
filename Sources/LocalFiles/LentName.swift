import Glibc

/// A name under which libraries that take text for a path find a file or folder whatever bytes its own name has.
///
/// A path in UTF-8 is its own name. Another is opened, and its name is that of the open file, good while this object lives.
package final class LentName: Sendable {
    package let text: String
    private let descriptor: Int32

    /// Throws `missing` where there is nothing and `unreadable` where it cannot be opened.
    package init(_ path: LocalPath) throws(LocalFileError) {
        let plain = path.text
        guard !CarriedText.isPlain(plain) else {
            (text, descriptor) = (plain, -1)
            return
        }
        descriptor = path.call { open($0, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard descriptor >= 0 else {
            throw LocalFileError(
                errno == ENOENT ? .missing : .unreadable, "cannot open \(path.shown): \(LocalFileError.reason(errno))")
        }
        text = "/proc/self/fd/\(descriptor)"
    }

    deinit { if descriptor >= 0 { close(descriptor) } }
}
