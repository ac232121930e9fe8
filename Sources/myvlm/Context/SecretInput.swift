import Client
import Foundation

/// Passwords and tokens: from a file only its owner may read, the terminal without echo, or a pipe.
enum SecretInput {
    /// The content of a secret file without its line end; refuses one that others may read.
    static func file(_ path: String, what: String) throws(MyVLMError) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { throw MyVLMError(.noInput, "\(path): no such file") }
        guard status.st_mode & 0o077 == 0 else {
            throw MyVLMError(.configuration, "\(path) can be read by others: run `chmod 600 \(path)`")
        }
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else { throw MyVLMError(.noInput, "cannot read a \(what) from \(path)") }
        let secret = String(text.prefix { !$0.isNewline })
        guard !secret.isEmpty else { throw MyVLMError(.noInput, "\(path) is empty; write the \(what) into it") }
        return secret
    }

    /// A password from a file, the terminal or standard input; `confirm` asks twice on a terminal.
    static func password(file path: String?, prompt: String, confirm: Bool = false) throws(MyVLMError) -> String {
        if let path { return try file(path, what: "password") }
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = readLine(strippingNewline: true), !line.isEmpty else {
                throw MyVLMError(.usage, "no password on standard input; pipe it in or give --password-file")
            }
            return line
        }
        let first = try ask(prompt)
        if confirm, try ask("Again: ") != first { throw MyVLMError(.usage, "the two passwords differ; try again") }
        return first
    }

    private static func ask(_ prompt: String) throws(MyVLMError) -> String {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw MyVLMError(.internalError, "cannot switch the terminal's echo off; use --password-file")
        }
        Console.error(prompt, newline: false)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Console.error("")
        }
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw MyVLMError(.usage, "no password was given")
        }
        return line
    }
}
