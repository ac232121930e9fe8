import Client
import Foundation

/// Where a login is kept: server, authority, user and token, in a file of mode 0600.
struct ContextFile: Codable, Equatable, Sendable {
    /// `HOST:PORT`.
    var server: String
    /// Absolute path of the authority's PEM file.
    var ca: String
    /// Who logged in.
    var user: String?
    /// A secret.
    var token: String?
    /// Milliseconds since 1970.
    var tokenExpiresAtMs: Int64?

    /// `$MYVLM_CONFIG`, else `$XDG_CONFIG_HOME/myvlm/config.json`, else `~/.config/myvlm/config.json`.
    static func path(_ environment: [String: String]) -> String {
        if let path = environment["MYVLM_CONFIG"], !path.isEmpty { return path }
        if let base = environment["XDG_CONFIG_HOME"], !base.isEmpty { return base + "/myvlm/config.json" }
        return (environment["HOME"] ?? ".") + "/.config/myvlm/config.json"
    }

    /// The context of a file; nil where there is no file.
    static func load(_ path: String) throws(MyVLMError) -> ContextFile? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw MyVLMError(.configuration, "cannot read \(path); check its permissions")
        }
        do {
            return try JSONDecoder().decode(ContextFile.self, from: data)
        } catch {
            throw MyVLMError(.configuration, "\(path) does not parse; delete it and log in again", cause: error)
        }
    }

    /// Writes the file in one step, mode 0600; its folder is made with mode 0700.
    func save(_ path: String) throws(MyVLMError) {
        let folder = URL(filePath: path).deletingLastPathComponent().path()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let temporary = path + ".\(getpid()).new"
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let data = try encoder.encode(self) + Data("\n".utf8)
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try file.write(contentsOf: data)
            try file.synchronize()
            try file.close()
        } catch {
            unlink(temporary)
            throw MyVLMError(
                .cannotCreate, "cannot write \(path); check the folder and the space on the disk", cause: error)
        }
        guard rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            throw MyVLMError(.cannotCreate, "cannot write \(path): \(reason)")
        }
    }
}
