import Client
import LocalFiles
import Terminal

/// Writes tokens to files that only their owner may read.
enum SecretOutput {
    /// Checks that the file can be written; to be called before the secret is created.
    static func prepare(_ path: LocalPath, replace: Bool = false) throws(MyVLMError) -> LocalOutput {
        do {
            return try LocalOutput(path, replace ? .replace : .newOnly, mode: 0o600)
        } catch {
            throw MyVLMError(file: error)
        }
    }

    /// Writes the secret and a line end, mode 0600, in one step.
    static func write(_ secret: String, to output: LocalOutput) throws(MyVLMError) {
        do {
            try output.write(Array((secret + "\n").utf8))
        } catch {
            throw MyVLMError(file: error)
        }
    }
}
