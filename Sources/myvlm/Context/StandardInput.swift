import Client
import Foundation

/// Lines that somebody types or pipes in.
enum StandardInput {
    /// The longest line.
    private static let limit = 64 << 10

    /// The next line without its end; nil at the end of the input. Reads no byte behind it, and cancelling the task ends the
    /// wait: Ctrl-C at a question is no answer.
    static func line() throws(MyVLMError) -> String? {
        var bytes: [UInt8] = []
        while true {
            var poller = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            while poll(&poller, 1, 100) <= 0 {
                if Task.isCancelled { throw MyVLMError(.cancelled, "cancelled") }
            }
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else {
                throw MyVLMError(
                    .noInput, "standard input cannot be read: \(String(cString: strerror(errno)))")
            }
            if count == 0, bytes.isEmpty { return nil }
            if count == 0 || byte == UInt8(ascii: "\n") { break }
            bytes.append(byte)
            guard bytes.count <= limit else { throw MyVLMError(.usage, "the line on standard input does not end") }
        }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let line = String(validating: bytes, as: UTF8.self) else {
            throw MyVLMError(.usage, "what stands on standard input is not UTF-8 text")
        }
        return line
    }
}
