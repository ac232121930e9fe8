import Client
import Foundation
import LocalFiles
import Terminal

/// Where a login is kept: server, authority, user and token, in a file of mode 0600.
struct ContextFile: Codable, Equatable, Sendable {
    /// `HOST:PORT`.
    var server: String
    /// Absolute path of the authority's PEM file, as carried text.
    var ca: String
    /// Who logged in.
    var user: String?
    /// A secret.
    var token: String?
    /// Milliseconds since 1970.
    var tokenExpiresAtMs: Int64?

    /// `$MYVLM_CONFIG`, else `$XDG_CONFIG_HOME/myvlm/config.json`, else `~/.config/myvlm/config.json`. Throws
    /// `configuration` where there is no home.
    static func path() throws(MyVLMError) -> LocalPath {
        if let path = UserEnvironment.value("MYVLM_CONFIG") { return LocalPath(path) }
        guard let folder = UserEnvironment.configuration else {
            throw MyVLMError(
                .configuration, "you have no home folder to keep a login in; set HOME, or MYVLM_CONFIG to a file")
        }
        return folder.appending("myvlm/config.json")
    }

    /// The context of a file; nil where there is no file, or nothing in it.
    static func load(_ path: LocalPath) throws(MyVLMError) -> ContextFile? {
        let bytes: [UInt8]
        do {
            bytes = try LocalInput.contents(of: path, limit: 1 << 20)
        } catch {
            if error.code == .missing { return nil }
            throw MyVLMError(.configuration, error.message, cause: error)
        }
        if bytes.isEmpty { return nil }
        do {
            return try JSONDecoder().decode(ContextFile.self, from: Data(bytes))
        } catch {
            throw MyVLMError(
                .configuration, "\(path.shown) does not parse; delete it and log in again", cause: error)
        }
    }

    /// Checks that the file can be written, before there is anything to lose; its folder is made with mode 0700.
    static func prepare(_ path: LocalPath) throws(MyVLMError) -> LocalOutput {
        do {
            try LocalFolder.make(path.folder)
            return try LocalOutput(path, mode: 0o600)
        } catch {
            throw MyVLMError(
                .cannotCreate, "\(error.message); the login is kept there: set HOME, or MYVLM_CONFIG to another file",
                cause: error)
        }
    }

    /// Writes the file in one step, mode 0600.
    func save(_ output: LocalOutput) throws(MyVLMError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            try output.write([UInt8](try encoder.encode(self)) + [0x0A])
        } catch let error as LocalFileError {
            throw MyVLMError(file: error)
        } catch {
            throw MyVLMError(.internalError, "unexpected: \(error)", cause: error)
        }
    }
}
