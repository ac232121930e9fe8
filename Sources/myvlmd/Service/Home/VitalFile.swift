import Foundation

/// A file that a home cannot be served without, checked before anything opens it: one that is missing, empty or
/// replaced is reported by name, and never created again.
struct VitalFile: Sendable {
    let path: String
    /// What to do where it is missing or damaged.
    let remedy: String

    /// Throws `missingFile` where there is none, `badData` for one that is not a plain file or is empty,
    /// `configuration` for one that cannot be read.
    func check() throws(ServiceError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let reason = errno == ENOENT || errno == ENOTDIR ? "is missing" : String(cString: strerror(errno))
            throw ServiceError(.missingFile, "\(path): \(reason); \(remedy)")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ServiceError(
                .badData, "\(path) is not a plain file: move away what stands in its place, and \(remedy)")
        }
        guard status.st_size > 0 else { throw ServiceError(.badData, "\(path) is empty; \(remedy)") }
        guard access(path, R_OK) == 0 else {
            throw ServiceError(.configuration, "\(path) cannot be read; check its owner and mode")
        }
    }

    /// Its bytes.
    func read() throws(ServiceError) -> Data {
        try check()
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ServiceError(.configuration, "\(path) cannot be read; check its owner and mode")
        }
        return data
    }
}

extension ServerHome {
    /// Throws unless everything is there that a server needs besides its settings. Whoever reads the files checks their
    /// contents; that certificate and key belong together is checked here.
    /// - Parameter environment: may hold a master key.
    func checkVitalFiles(_ configuration: ServiceConfiguration, environment: [String: String]) throws(ServiceError) {
        let restore = "restore it from where it is kept"
        if (environment[MasterKeys.variable] ?? "").isEmpty {
            try VitalFile(
                path: masterKey, remedy: "\(restore), or set \(MasterKeys.variable): without it no concept can be read"
            ).check()
        }
        try VitalFile(path: registry + "/registry.sqlite", remedy: Self.restoreBackup(path)).check()
        let renew = "\(restore), or run `myvlmd certificate renew --home \(path)`"
        for file in [certificate, key] { try VitalFile(path: file, remedy: renew).check() }
        try ServerCertificates.requirePair(certificate: certificate, key: key, remedy: renew)
        guard let clients = configuration.clientAuthority else { return }
        let remedy = "put the authority of the clients' certificates there, or take clientAuthority out of config.json"
        try VitalFile(path: clients, remedy: remedy).check()
        _ = try CertificateLife.read(clients)
    }

    private static func restoreBackup(_ path: String) -> String {
        "put it back, or restore a backup: `myvlmd backup restore --home \(path) BACKUP`"
    }
}
