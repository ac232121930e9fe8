import Client
import Foundation

/// Tokens into files only their owner may read.
enum SecretOutput {
    /// Throws where a file is there already: asked before the secret is made.
    static func checkFree(_ path: String) throws(MyVLMError) {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw MyVLMError(.cannotCreate, "\(path) is there already; nothing was made; choose another file")
        }
    }

    /// Writes the secret and a line end, mode 0600, in one step.
    static func write(_ secret: String, to path: String, replace: Bool = false) throws(MyVLMError) {
        let temporary = path + ".\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data((secret + "\n").utf8))
            try file.synchronize()
            try file.close()
        } catch {
            unlink(temporary)
            throw MyVLMError(.cannotCreate, "cannot write \(path); check the space on the disk", cause: error)
        }
        // `link` refuses a file that is there; `rename` replaces it.
        guard (replace ? rename(temporary, path) : link(temporary, path)) == 0 else {
            let error = failure(path)
            unlink(temporary)
            throw error
        }
        if !replace { unlink(temporary) }
    }

    private static func failure(_ path: String) -> MyVLMError {
        MyVLMError(.cannotCreate, "cannot write \(path): \(String(cString: strerror(errno))); choose another file")
    }
}
