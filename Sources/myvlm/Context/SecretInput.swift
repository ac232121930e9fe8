import Client
import LocalFiles
import Terminal

/// Passwords and tokens of the command line.
enum SecretInput {
    /// The content of a secret file without its line end; refuses one that others may read.
    static func file(_ path: LocalPath, what: String) throws(MyVLMError) -> String {
        do {
            return try SecretText.file(path, what: what)
        } catch {
            throw MyVLMError(file: error)
        }
    }

    /// A password from a file, the terminal or standard input; `confirm` asks twice on a terminal.
    static func password(file path: LocalPath?, prompt: String, confirm: Bool = false) throws(MyVLMError) -> String {
        do {
            return try SecretText.password(file: path, prompt: prompt, confirm: confirm) {
                Console.error(Console.shown($0), newline: false)
            }
        } catch {
            throw MyVLMError(file: error)
        }
    }
}
