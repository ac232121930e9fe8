import ArgumentParser
import Client
import LocalFiles
import Terminal

/// Which server to call and as whom; part of every command.
struct ConnectionArguments: ParsableArguments {
    @Option(help: "The server, HOST:PORT.")
    var server: String?

    @Option(help: "PEM file of the authority the server's certificate comes from.")
    var ca: LocalPath?

    @Option(help: "A file with the token, instead of the one `myvlm login` saved.")
    var tokenFile: LocalPath?

    @Option(help: "PEM file of your own certificate, where the server knows you by it; then no token is needed.")
    var certificate: LocalPath?

    @Option(help: "PEM file of its key.")
    var certificateKey: LocalPath?

    /// The settings that apply: a flag wins over the environment, the environment over the file.
    func resolve() throws(MyVLMError) -> ResolvedContext {
        let path = try ContextFile.path()
        let file = try ContextFile.load(path)
        guard let server = server ?? UserEnvironment.value("MYVLM_SERVER") ?? file?.server else {
            throw MyVLMError(
                .configuration,
                "no server is known; run `myvlm login USER --server HOST:PORT --ca FILE`, or set MYVLM_SERVER")
        }
        guard let ca = ca?.text ?? UserEnvironment.value("MYVLM_CA") ?? file?.ca else {
            throw MyVLMError(
                .configuration, "no authority is known; give --ca FILE (the server's ca.pem), or set MYVLM_CA")
        }
        var connection = try ConnectionOptions(server: server, authorityFile: ca)
        var token: String?
        let tokenFile = tokenFile ?? UserEnvironment.value("MYVLM_TOKEN_FILE").map(LocalPath.init)
        if let tokenFile {
            token = try SecretInput.file(tokenFile, what: "token")
        } else if let file, Self.address(file.server) == connection.address {
            // A token is sent only to the server that issued it.
            token = file.token
        }
        connection.certificateFile = certificate?.text ?? UserEnvironment.value("MYVLM_CERTIFICATE")
        connection.certificateKeyFile = certificateKey?.text ?? UserEnvironment.value("MYVLM_CERTIFICATE_KEY")
        if connection.certificateFile != nil {
            guard connection.certificateKeyFile != nil else {
                throw MyVLMError(.usage, "name the key of the certificate with --certificate-key")
            }
            // Whoever gives a certificate wants to be identified by it.
            if tokenFile == nil { token = nil }
        }
        return ResolvedContext(connection: connection, token: token, path: path, file: file)
    }

    /// A server's address for comparison; nil, equal to no other, when it does not parse.
    private static func address(_ server: String) -> String? {
        do {
            return try ConnectionOptions(server: server, authorityFile: "").address
        } catch {
            return nil
        }
    }
}

/// What `ConnectionArguments` resolve to.
struct ResolvedContext: Sendable {
    let connection: ConnectionOptions
    let token: String?
    /// Where the login is kept.
    let path: LocalPath
    let file: ContextFile?

    /// `HOST:PORT`.
    var server: String { connection.address }
}
