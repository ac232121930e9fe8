import Glibc

/// Lines that somebody types or pipes in.
package enum InputLine {
    /// The longest line in bytes.
    package static let limit = 64 << 10

    /// The next line of standard input without its end; nil at the end of the input. Reads no byte behind it, and
    /// cancelling the task ends the wait: Ctrl-C at a question is no answer. Throws `unreadable`, `notGiven` for what is
    /// no line of text, and `cancelled`.
    package static func next() throws(LocalFileError) -> String? {
        var bytes: [UInt8] = []
        while true {
            var poller = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            while poll(&poller, 1, 100) <= 0 {
                if Task.isCancelled { throw LocalFileError(.cancelled, "cancelled") }
            }
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else {
                throw LocalFileError(
                    .unreadable, "standard input cannot be read: \(LocalFileError.reason(errno))")
            }
            if count == 0, bytes.isEmpty { return nil }
            if count == 0 || byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
            guard bytes.count <= limit else {
                throw LocalFileError(.notGiven, "the line on standard input does not end")
            }
        }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let line = String(validating: bytes, as: UTF8.self) else {
            throw LocalFileError(.notGiven, "what stands on standard input is not UTF-8 text")
        }
        return line
    }
}
