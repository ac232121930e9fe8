import ArgumentParser
import Client
import Terminal

/// A user's limits as a table.
private func show(_ quotas: [QuotaUse], _ output: OutputArguments) throws {
    struct Listing: Encodable { let quotas: [QuotaUse] }
    if output.json { return try JSONOutput.write(Listing(quotas: quotas)) }
    var table = Table(["QUOTA", "USED", "LIMIT", "SET FOR"])
    for quota in quotas {
        table.add([quota.name, "\(quota.used)", "\(quota.limit)", quota.own ? "this user" : "everybody"])
    }
    try table.write()
}

struct UsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage", abstract: "Tell your limits and what is used of them.",
        discussion: """
            EXAMPLES
              myvlm usage
              myvlm usage --user ann
            """)

    @Option(help: "Another user (administrators and auditors).")
    var user: String = ""

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in try show(try await client.usage(of: user), output) }
    }
}

struct UserQuotaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota", abstract: "Set limits of one user.",
        discussion: """
            EXAMPLES
              myvlm user quota ann --concepts 500 --enrollment-minutes-per-day 60
              myvlm user quota ann --concepts default

            Limits for everybody stand in the server's config.json.
            """)

    @Argument(help: "The user.")
    var name: String

    @Option(help: "Concepts, or default.")
    var concepts: String?

    @Option(help: "Bytes of artifacts, or default.")
    var bytes: String?

    @Option(help: "Calls in a minute, or default.")
    var requestsPerMinute: String?

    @Option(help: "Streams open at once, or default.")
    var streams: String?

    @Option(help: "Minutes of training in a day, or default.")
    var enrollmentMinutesPerDay: String?

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private var given: [(String, String)] {
        [
            ("concepts", concepts), ("bytes", bytes), ("requests-per-minute", requestsPerMinute),
            ("streams", streams), ("enrollment-minutes-per-day", enrollmentMinutesPerDay),
        ].compactMap { name, value in value.map { (name, $0) } }
    }

    func validate() throws {
        guard !given.isEmpty else { throw ValidationError("name a limit to set; --help lists them") }
        for (name, value) in given where value != "default" {
            guard let number = Int64(value), number >= 0 else {
                throw ValidationError("--\(name) takes a number from 0 on, or default")
            }
        }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            var limits: [String: Int64?] = [:]
            for (quota, value) in given { limits[quota] = .some(Int64(value)) }
            try show(try await client.setQuotas(limits, of: name), output)
        }
    }
}

struct UserIdentityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "identity", abstract: "Let client certificates stand for a user.",
        discussion: """
            EXAMPLES
              myvlm user identity ann --add CN=ann-laptop
              myvlm user identity ann                      # list them

            The name is the certificate's subject as RFC 2253 writes it, or one of its alternative names. The server asks \
            for certificates when its config.json names an authority under clientAuthority.
            """)

    @Argument(help: "The user.")
    var name: String

    @Option(help: "A certificate's name that stands for the user from now on.")
    var add: String?

    @Option(help: "One that does so no more.")
    var remove: String?

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable { let certificateNames: [String] }

    func validate() throws {
        if add != nil, remove != nil { throw ValidationError("--add and --remove exclude each other") }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let names =
                if let add {
                    try await client.addIdentity(add, to: name)
                } else if let remove {
                    try await client.removeIdentity(remove, from: name)
                } else {
                    try await client.identities(of: name)
                }
            if output.json { return try JSONOutput.write(Listing(certificateNames: names)) }
            for name in names { try Console.out(Console.shown(name)) }
        }
    }
}
