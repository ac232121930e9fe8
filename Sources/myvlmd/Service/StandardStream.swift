import Foundation

/// The three standard streams. Everything that `myvlmd` writes goes through here or a `LineSink`: a full disk, a closed
/// pipe or a closed descriptor is an error, not the end of the process.
public enum StandardStream {
    /// To be called before anything else: a write into a closed pipe fails instead of ending the process, and no file
    /// that is opened later gets the number of a stream that was closed, or the log would be written into the database.
    public static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        for descriptor in 0...2 where fcntl(Int32(descriptor), F_GETFD) == -1 {
            // The lowest free number is the closed one.
            _ = open("/dev/null", O_RDWR)
        }
    }

    /// Writes text for a person or a program. Throws `cannotCreate` when it cannot be written.
    public static func print(_ text: String, terminator: String = "\n") throws(ServiceError) {
        let code = write([UInt8]((text + terminator).utf8), to: STDOUT_FILENO)
        guard code == 0 else {
            throw ServiceError(
                .cannotCreate,
                "cannot write to standard output: \(String(cString: strerror(code))); what was asked is done")
        }
    }

    /// Writes a message to standard error; where that is full or closed the message is lost.
    public static func complain(_ text: String, terminator: String = "\n") {
        _ = write([UInt8]((text + terminator).utf8), to: STDERR_FILENO)
    }

    /// Writes all of it; returns 0 or the number of the error.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count >= 0 {
                written += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // The descriptor was made non-blocking by another process; wait until it accepts more.
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, 1_000)
            default: return errno
            }
        }
        return 0
    }
}
