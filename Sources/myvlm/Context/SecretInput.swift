import Client
import Foundation
import LocalFiles

/// Passwords and tokens: from a file only its owner may read, the terminal without echo, or a pipe.
enum SecretInput {
    /// The content of a secret file without its line end; refuses one that others may read.
    static func file(_ path: LocalPath, what: String) throws(MyVLMError) -> String {
        let bytes: [UInt8]
        do {
            let input = try LocalInput(path)
            guard input.status.kind != .plain || !input.status.isOpenToOthers else {
                throw MyVLMError(
                    .configuration, "\(path.shown) can be read by others: run `chmod 600 \(path.shown)`")
            }
            bytes = try input.contents(limit: 64 << 10)
        } catch let error as LocalFileError {
            throw MyVLMError(file: error)
        } catch let error as MyVLMError {
            throw error
        } catch {
            throw MyVLMError(.internalError, "unexpected: \(error)", cause: error)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MyVLMError(.noInput, "\(path.shown) holds no \(what): it is not UTF-8 text")
        }
        let secret = String(text.prefix { !$0.isNewline })
        guard !secret.isEmpty else {
            throw MyVLMError(.noInput, "\(path.shown) is empty; write the \(what) into it")
        }
        return secret
    }

    /// A password from a file, the terminal or standard input; `confirm` asks twice on a terminal.
    static func password(file path: LocalPath?, prompt: String, confirm: Bool = false) throws(MyVLMError) -> String {
        if let path { return try file(path, what: "password") }
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = try StandardInput.line(), !line.isEmpty else {
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
        Console.error(Console.shown(prompt), newline: false)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            Console.error("")
        }
        guard let line = try StandardInput.line(), !line.isEmpty else {
            throw MyVLMError(.usage, "no password was given")
        }
        return line
    }
}
