import Foundation
public import Registry

/// Makes a new server home: keys, certificates, settings and the first administrator.
public struct HomeSetup: Sendable {
    /// The home to make.
    public let home: ServerHome
    /// Names and addresses clients will use, besides localhost, 127.0.0.1 and ::1.
    public let hosts: [String]
    /// Name of the first administrator.
    public let administrator: String

    /// Takes the arguments of `myvlmd init`.
    public init(home: ServerHome, hosts: [String], administrator: String) {
        self.home = home
        self.hosts = hosts
        self.administrator = administrator
    }

    /// Refuses a folder where any file of a home is there already. Call it before asking for a password.
    public func checkFree() throws(ServiceError) {
        let files = [
            home.configuration, home.authority, home.authorityKey, home.certificate, home.key, home.masterKey,
            home.registry,
        ]
        for file in files where FileManager.default.fileExists(atPath: file) {
            throw ServiceError(
                .cannotCreate, "\(file) exists already: nothing was changed; choose another folder with --home")
        }
    }

    /// Makes the home. The folder is 0700, keys 0600. `config.json` is written last, so that an incomplete home is not
    /// taken for one; what a failed call has made is removed.
    /// - Parameter passwordCost: the cost of hashing a password; tests use a weak one.
    public func create(password: String, passwordCost: PasswordCost = .standard) async throws {
        try checkFree()
        let certificates = try ServerCertificates(hosts: hosts)
        let hadFolder = FileManager.default.fileExists(atPath: home.path)
        do {
            try FileManager.default.createDirectory(
                atPath: home.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ServiceError(.cannotCreate, "cannot make the folder \(home.path)", cause: error)
        }
        do {
            try PrivateFile.create(home.authorityKey, certificates.authorityKey)
            try PrivateFile.create(home.key, certificates.key)
            try PrivateFile.replace(home.authority, certificates.authority, mode: 0o644)
            try PrivateFile.replace(home.certificate, certificates.certificate, mode: 0o644)
            try await createAdministrator(password, cost: passwordCost)
            try PrivateFile.create(home.configuration, ServiceConfiguration().encoded())
        } catch {
            removeParts(folder: !hadFolder)
            throw error
        }
    }

    private func createAdministrator(_ password: String, cost: PasswordCost) async throws {
        var configuration = RegistryConfiguration(directory: home.registry)
        configuration.passwordCost = cost
        configuration.masterKey = try MasterKeys.source(home, environment: ProcessInfo.processInfo.environment)
        let registry = try RegistryStore(configuration)
        do {
            _ = try await registry.createUser(
                name: administrator, password: password, role: .admin, by: .console)
        } catch {
            try? registry.close()  // The first error tells more than a second one from closing.
            throw error
        }
        try registry.close()
    }

    private func removeParts(folder: Bool) {
        let manager = FileManager.default
        // Best effort: the error that brought us here is the one to report.
        if folder {
            try? manager.removeItem(atPath: home.path)
        } else {
            for part in [
                home.authorityKey, home.key, home.authority, home.certificate, home.masterKey, home.registry,
            ] {
                try? manager.removeItem(atPath: part)
            }
        }
    }
}
