package import Client
import Foundation
import LocalFiles
import Synchronization

/// Standard output for data, standard error for people: the one place that writes either.
package enum Console {
    /// Whether standard error is a terminal that takes escape sequences, and its user wants them (no-color.org).
    package static let takesEscapes: Bool = {
        let terminal = UserEnvironment.value("TERM") ?? "dumb"
        return isatty(STDERR_FILENO) == 1 && terminal != "dumb" && UserEnvironment.value("NO_COLOR") == nil
    }()

    /// Set where something for people could not be written: a command that has lost a part of what it had to say has not
    /// gone well.
    private static let lostNotes = Atomic(false)

    /// Makes the streams safe to write: whatever this process opens must not come to lie in the place of a stream that
    /// its caller has closed. In such a place stands what refuses to be written, or read. To be called before anything
    /// is opened.
    package static func prepare() {
        for (stream, flags) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
        where fcntl(stream, F_GETFD) == -1 && errno == EBADF {
            // The lowest free number is this one: those below are open by now.
            _ = open("/dev/null", flags)
        }
        BrokenPipe.prepare()
    }

    /// Writes data at once. A reader that is gone (`| head`) ends the program quietly, as SIGPIPE does; throws
    /// `outputFailed` where it cannot be written otherwise.
    package static func out(_ text: String, newline: Bool = true) throws(MyVLMError) {
        let number = write(newline ? text + "\n" : text, to: STDOUT_FILENO)
        guard number != 0 else { return }
        if number == EPIPE { BrokenPipe.end() }
        let why = number == EBADF ? "it is closed" : String(cString: strerror(number))
        throw MyVLMError(
            .outputFailed, "standard output takes nothing more (\(why)): what came is not all there was")
    }

    /// Writes for people. What is lost makes the command's status say so.
    package static func error(_ text: String, newline: Bool = true) {
        if write(newline ? text + "\n" : text, to: STDERR_FILENO) != 0 { lostNotes.store(true, ordering: .relaxed) }
    }

    /// The status to end with: 0 only where everything was written.
    package static func settled(_ status: Int32) -> Int32 {
        status == 0 && lostNotes.load(ordering: .relaxed) ? MyVLMError(.outputFailed, "").exitCode : status
    }

    /// Text from the server as a terminal may show it: control characters but line ends and tabs are taken out, and what
    /// stands for bytes that are no UTF-8 is shown as `\xE9`.
    package static func shown(_ text: String) -> String {
        let clean = String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0 == "\n" || $0 == "\t" || $0.properties.generalCategory != .control }))
        if CarriedText.isPlain(clean) { return clean }
        return clean.split(separator: "\n", omittingEmptySubsequences: false).map { CarriedText.shown(String($0)) }
            .joined(separator: "\n")
    }

    /// Dimmed where the terminal can.
    package static func dim(_ text: String) -> String { takesEscapes ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    /// 0, or what `errno` says.
    private static func write(_ text: String, to stream: Int32) -> Int32 {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                Foundation.write(stream, raw.baseAddress.map { $0 + start }, raw.count - start)
            }
            if count >= 0 {
                start += count
            } else if errno == EAGAIN {
                // Somebody made the terminal or pipe one that does not wait.
                var poller = pollfd(fd: stream, events: Int16(POLLOUT), revents: 0)
                poll(&poller, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return 0
    }
}

/// A reader that has gone away.
enum BrokenPipe {
    /// Whether this process was started with SIGPIPE ignored; then a broken pipe is an error like others, as for other
    /// programs.
    private static let wasIgnored = Atomic(false)

    static func prepare() {
        var old = sigaction()
        sigaction(SIGPIPE, nil, &old)
        signal(SIGPIPE, SIG_IGN)
        let isIgnored = unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1
        wasIgnored.store(isIgnored, ordering: .relaxed)
    }

    /// Gives back what `prepare` took, for a program that takes this one's place.
    static func restore() { if !wasIgnored.load(ordering: .relaxed) { signal(SIGPIPE, SIG_DFL) } }

    /// Ends the program as SIGPIPE would have; returns where that is ignored.
    static func end() {
        guard !wasIgnored.load(ordering: .relaxed) else { return }
        UnfinishedFiles.discardAll()
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_UNBLOCK, &pipe, nil)
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
    }
}
