import ArgumentParser
import Foundation
import Service

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a new server home: keys, certificates, settings and the first administrator.",
        discussion: """
            The password is asked for on the terminal, or read from --password-file (mode 0600) or standard input. Hand \
            HOME/ca.pem to everybody who will log in.
            """)

    @Option(help: "The folder to make.")
    var home: String

    @Option(help: "A name or address clients will use, besides localhost, 127.0.0.1 and ::1. Repeat for more.")
    var host: [String] = []

    @Option(help: "Name of the first administrator.")
    var admin = "admin"

    @Option(help: "A file of mode 0600 with the administrator's password.")
    var passwordFile: String?

    func run() async throws {
        try await reportingErrors {
            let setup = HomeSetup(home: ServerHome(path: home), hosts: host, administrator: admin)
            try setup.checkFree()
            let password = try PasswordSource.read(file: passwordFile, prompt: "Password for \(admin): ")
            try await setup.create(password: password)
            try StandardStream.print("\(home): ready. Start it with `myvlmd serve --home \(home)`;")
            try StandardStream.print(
                "log in with `myvlm login \(admin) --server HOST:PORT --ca \(setup.home.authority)`.")
        }
    }
}
