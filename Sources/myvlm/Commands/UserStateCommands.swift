import ArgumentParser
import Client
import LocalFiles
import Terminal

/// A role as people write it.
enum RoleWord: String, CaseIterable, ExpressibleByArgument {
    case user, admin, auditor

    var role: Role {
        switch self {
        case .user: .user
        case .admin: .admin
        case .auditor: .auditor
        }
    }
}

struct UserSuspendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend", abstract: "Shut a user out: tokens and open calls end at once.",
        discussion: """
            EXAMPLES
              myvlm user suspend ann
            """)

    @Argument(help: "The user.")
    var name: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let account = try await client.setSuspended(true, user: name)
            try output.show(
                account, "\(account.name) is suspended; `myvlm user resume \(account.name)` lets it back in")
        }
    }
}

struct UserResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a suspended user back in.",
        discussion: """
            EXAMPLES
              myvlm user resume ann
            """)

    @Argument(help: "The user.")
    var name: String

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let account = try await client.setSuspended(false, user: name)
            try output.show(account, "\(account.name) can log in again")
        }
    }
}

struct UserRoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Give a user another role: user, admin or auditor.",
        discussion: """
            EXAMPLES
              myvlm user role ann auditor
            """)

    @Argument(help: "The user.")
    var name: String

    @Argument(help: "user, admin or auditor.")
    var role: RoleWord

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let account = try await client.setRole(role.role, user: name)
            try output.show(account, "\(account.name) is \(account.role.word) now")
        }
    }
}

struct UserPasswdCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passwd", abstract: "Set a user's forgotten password; all tokens of the user end.",
        discussion: """
            EXAMPLES
              myvlm user passwd ann
            """)

    @Argument(help: "The user.")
    var name: String

    @Option(help: "A file of mode 0600 with the new password.")
    var passwordFile: LocalPath?

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let password = try SecretInput.password(
                file: passwordFile, prompt: "New password for \(name): ", confirm: true)
            try await client.resetPassword(user: name, to: password)
            output.note("\(name) has a new password; the user's tokens have ended")
        }
    }
}
