import ArgumentParser
import Client
import Foundation

/// Which server to call and as whom; part of every command.
struct ConnectionArguments: ParsableArguments {
    @Option(help: "The server, HOST:PORT.")
    var server: String?

    @Option(help: "PEM file of the authority the server's certificate comes from.")
    var ca: String?

    @Option(help: "A file with the token, instead of the one `myvlm login` saved.")
    var tokenFile: String?

    @Option(help: "PEM file of your own certificate, where the server knows you by it; then no token is needed.")
    var certificate: String?

    @Option(help: "PEM file of its key.")
    var certificateKey: String?

    /// What applies: flag before environment before file.
    func resolve(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws(MyVLMError)
        -> ResolvedContext
    {
        let path = ContextFile.path(environment)
        let file = try ContextFile.load(path)
        guard let server = server ?? environment.value("MYVLM_SERVER") ?? file?.server else {
            throw MyVLMError(
                .configuration,
                "no server is known; run `myvlm login USER --server HOST:PORT --ca FILE`, or set MYVLM_SERVER")
        }
        guard let ca = ca ?? environment.value("MYVLM_CA") ?? file?.ca else {
            throw MyVLMError(
                .configuration, "no authority is known; give --ca FILE (the server's ca.pem), or set MYVLM_CA")
        }
        var token: String?
        if let tokenFile = tokenFile ?? environment.value("MYVLM_TOKEN_FILE") {
            token = try SecretInput.file(tokenFile, what: "token")
        } else if file?.server == server {
            // A token is shown only to the server that gave it.
            token = file?.token
        }
        var connection = try ConnectionOptions(server: server, authorityFile: ca)
        connection.certificateFile = certificate ?? environment.value("MYVLM_CERTIFICATE")
        connection.certificateKeyFile = certificateKey ?? environment.value("MYVLM_CERTIFICATE_KEY")
        if connection.certificateFile != nil {
            guard connection.certificateKeyFile != nil else {
                throw MyVLMError(.usage, "name the key of the certificate with --certificate-key")
            }
            // Whoever shows a certificate means to be known by it.
            if tokenFile == nil { token = nil }
        }
        return ResolvedContext(connection: connection, server: server, token: token, path: path, file: file)
    }
}

/// What `ConnectionArguments` resolve to.
struct ResolvedContext: Sendable {
    let connection: ConnectionOptions
    let server: String
    let token: String?
    let path: String
    let file: ContextFile?
}

extension [String: String] {
    fileprivate func value(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}
