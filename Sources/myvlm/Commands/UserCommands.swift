import ArgumentParser
import Client
import LocalFiles
import Terminal

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Manage users (administrators only).",
        discussion: """
            EXAMPLES
              myvlm user add ann
              myvlm user list
              myvlm user quota ann --concepts 500
            """,
        subcommands: [
            UserAddCommand.self, UserListCommand.self, UserSuspendCommand.self, UserResumeCommand.self,
            UserRoleCommand.self, UserPasswdCommand.self, UserEraseCommand.self,
            UserQuotaCommand.self, UserIdentityCommand.self,
        ])
}

struct UserAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Make a user.",
        discussion: """
            EXAMPLES
              myvlm user add ann
              myvlm user add ben --password-file ben-password
            """)

    @Argument(help: "The new user's name.")
    var name: String

    @Flag(help: "An administrator.")
    var admin = false

    @Flag(help: "An auditor: reads accounts and the audit log, and changes nothing.")
    var auditor = false

    @Option(help: "A file of mode 0600 with the password.")
    var passwordFile: LocalPath?

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func validate() throws {
        if admin, auditor { throw ValidationError("a user is an administrator or an auditor; choose one") }
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let password = try SecretInput.password(
                file: passwordFile, prompt: "Password for \(name): ", confirm: true)
            let account = try await client.createUser(
                name: name, password: password, role: admin ? .admin : auditor ? .auditor : .user)
            if output.json {
                try JSONOutput.write(account)
            } else {
                output.note("user \(account.name) is ready")
            }
        }
    }
}

struct UserListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all users.",
        discussion: """
            EXAMPLES
              myvlm user list
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    private struct Listing: Encodable { let users: [Account] }

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let users = try await client.users()
            if output.json { return try JSONOutput.write(Listing(users: users)) }
            var table = Table(["NAME", "ROLE", "SINCE", "STATE"])
            for user in users {
                table.add([
                    user.name, user.role.word, Format.time(user.createdAtMs), user.suspended ? "suspended" : "-",
                ])
            }
            try table.write()
        }
    }
}
