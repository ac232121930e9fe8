import Glibc

/// Passwords and tokens: from a file only its owner may read, the terminal without echo, or a pipe. Never an argument.
package enum SecretText {
    /// The content of a secret file up to its first line end; refuses one that others may read. `what` it is stands in
    /// messages: "password". Throws `openToOthers`, `malformed`, and what reading a file throws.
    package static func file(_ path: LocalPath, what: String) throws(LocalFileError) -> String {
        let input = try LocalInput(path)
        guard input.status.kind != .plain || !input.status.isOpenToOthers else {
            throw LocalFileError(
                .openToOthers,
                "\(path.shown) can be read by others: run `chmod 600 \(path.shown)`, and change the \(what) in it")
        }
        guard let text = String(validating: try input.contents(limit: InputLine.limit), as: UTF8.self) else {
            throw LocalFileError(.malformed, "\(path.shown) holds no \(what): it is not UTF-8 text")
        }
        let secret = String(text.prefix { !$0.isNewline })
        guard !secret.isEmpty else {
            throw LocalFileError(.malformed, "\(path.shown) is empty; write the \(what) into it")
        }
        return secret
    }

    /// A password from a file, the terminal or standard input; `confirm` asks twice on a terminal. `show` writes to
    /// where people look, without a line end. Throws `notGiven` besides.
    package static func password(
        file path: LocalPath?, prompt: String, confirm: Bool, show: (String) -> Void
    ) throws(LocalFileError) -> String {
        if let path { return try file(path, what: "password") }
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = try InputLine.next(), !line.isEmpty else {
                throw LocalFileError(.notGiven, "no password on standard input; pipe it in or give --password-file")
            }
            return line
        }
        let first = try ask(prompt, show)
        if confirm, try ask("Again: ", show) != first {
            throw LocalFileError(.notGiven, "the two passwords differ; try again")
        }
        return first
    }

    private static func ask(_ prompt: String, _ show: (String) -> Void) throws(LocalFileError) -> String {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw LocalFileError(.unreadable, "cannot switch the terminal's echo off; use --password-file")
        }
        show(prompt)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            show("\n")
        }
        guard let line = try InputLine.next(), !line.isEmpty else {
            throw LocalFileError(.notGiven, "no password was given")
        }
        return line
    }
}
