import Foundation

/// The files of a server's home folder.
public struct ServerHome: Sendable, Equatable {
    /// The folder.
    public let path: String

    /// A home at the path.
    public init(path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        // Absolute paths: what they name does not depend on the working directory, and messages can be searched for
        // them.
        self.path = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// Throws `missingFile` unless `myvlmd init` has made it.
    public func requireMade() throws(ServiceError) {
        guard FileManager.default.fileExists(atPath: configuration) else {
            throw ServiceError(.missingFile, "\(path) is not a server home; run `myvlmd init` first")
        }
    }

    /// Settings, see `ServiceConfiguration`.
    public var configuration: String { path + "/config.json" }
    /// The certificate authority clients trust; safe to hand out.
    public var authority: String { path + "/ca.pem" }
    /// The authority's private key; needed only to issue another server certificate.
    public var authorityKey: String { path + "/ca.key" }
    /// The server's certificate.
    public var certificate: String { path + "/server.pem" }
    /// The server's private key.
    public var key: String { path + "/server.key" }
    /// Users, tokens, concepts and artifacts.
    public var registry: String { path + "/registry" }
    /// The key that wraps the users' data keys; keep a copy of it elsewhere, and never beside a backup.
    public var masterKey: String { path + "/master.key" }
    /// Backups made while serving.
    public var backups: String { path + "/backups" }
    /// Photos of enrollments that wait, run or failed, sealed under their users' keys.
    public var jobs: String { path + "/jobs" }
    /// Photos that wait for their enrollment; emptied at start.
    public var uploads: String { path + "/uploads" }
    /// Which models were last loaded under which name; made anew where it is lost.
    public var models: String { path + "/models.json" }
    /// Where the running server listens, `HOST:PORT`.
    public var endpoint: String { path + "/endpoint" }
}
