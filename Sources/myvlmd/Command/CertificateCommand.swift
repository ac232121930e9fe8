import ArgumentParser
import Foundation
import Service

struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate", abstract: "Look at the server's certificates, and renew them.",
        subcommands: [CertificateShowCommand.self, CertificateRenewCommand.self])
}

struct CertificateShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Tell whose the certificates are, for which names, and until when.")

    @Option(help: "The server's home.")
    var home: String

    func run() async throws {
        try await reportingErrors {
            let home = ServerHome(path: home)
            for file in [home.certificate, home.authority] {
                for life in try CertificateLife.read(file) { try StandardStream.print("\(file): \(life.summary)") }
            }
        }
    }
}

struct CertificateRenewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew", abstract: "Issue another server certificate from the authority that clients trust.",
        discussion: """
            The new one is for the same names and the same key, good for 825 days; clients change nothing. Restart the \
            server afterwards. With --authority the authority is made anew too: then everybody needs the new ca.pem.
            """)

    @Option(help: "The server's home.")
    var home: String

    @Option(help: "A further name or address that clients will use. Repeat for more.")
    var host: [String] = []

    @Option(help: "The authority's private key (default: HOME/ca.key).")
    var authorityKey: String?

    @Flag(help: "Make another authority too.")
    var authority = false

    func run() async throws {
        try await reportingErrors {
            let home = ServerHome(path: home)
            try home.requireMade()
            let renewal = CertificateRenewal(home: home, hosts: host, authorityKey: authorityKey)
            let life =
                authority
                ? try renewal.renewAuthority()
                : try renewal.renew(nowMs: Int64(Date().timeIntervalSince1970 * 1_000))
            try StandardStream.print("\(home.certificate): \(life.summary); restart the server")
            if authority {
                try StandardStream.print("hand \(home.authority) to everybody: the old one is worth nothing now")
            }
        }
    }
}
