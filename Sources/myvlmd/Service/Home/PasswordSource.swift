import Foundation

/// Where a password comes from: a 0600 file, the terminal without echo, or a pipe. Never an argument.
public enum PasswordSource {
    /// Reads a password. On a terminal it is asked for twice.
    public static func read(file: String?, prompt: String) throws(ServiceError) -> String {
        if let file { return try PrivateFile.secret(file) }
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = readLine(strippingNewline: true), !line.isEmpty else {
                throw ServiceError(.usage, "no password on standard input; pipe it in or give --password-file")
            }
            return line
        }
        let first = try ask(prompt)
        guard try ask("Again: ") == first else { throw ServiceError(.usage, "the two passwords differ; try again") }
        return first
    }

    private static func ask(_ prompt: String) throws(ServiceError) -> String {
        StandardStream.complain(prompt, terminator: "")
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw ServiceError(.internalError, "cannot switch the terminal's echo off; use --password-file")
        }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            StandardStream.complain("")
        }
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw ServiceError(.usage, "no password was given")
        }
        return line
    }
}
