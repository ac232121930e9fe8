import ArgumentParser
import Client
import Foundation
import LocalFiles
import Terminal

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Log in and keep the token.",
        discussion: """
            EXAMPLES
              myvlm login ann --server localhost:7443 --ca ca.pem
              myvlm login ann --password-file ~/.myvlm-password

            The password is asked for without echo, or read from --password-file (mode 0600) or standard input. Server, \
            authority and token are kept in $XDG_CONFIG_HOME/myvlm/config.json, mode 0600.
            """)

    @Argument(help: "The user.")
    var user: String

    @Option(help: "A file of mode 0600 with the password.")
    var passwordFile: LocalPath?

    @Option(help: "What the token is for, shown in listings.")
    var label: String = ProcessInfo.processInfo.hostName

    @Option(help: "Life of the token in days, at most 3650; the server may shorten it (default: the server's).")
    var days: Int?

    @Option(name: .customLong("scope"), help: "What the token may do: read, query, enroll, admin; repeat for more.")
    var scopes: [TokenScope] = []

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func validate() throws {
        try Bound.check(days, Limits.tokenDays, "--days")
    }

    func run() async throws {
        try await CommandRunner.run(connection) { client, context in
            let saved = try ContextFile.prepare(context.path)
            let authority = try LocalPath(context.connection.authorityFile).absolute()
            let password = try SecretInput.password(file: passwordFile, prompt: "Password for \(user): ")
            let login = try await client.login(
                user: user, password: password, label: label, lifetime: .seconds((days ?? 0) * 86_400),
                scopes: scopes)
            try ContextFile(
                server: context.server, ca: authority.text, user: login.account.name, token: login.token,
                tokenExpiresAtMs: login.expiresAtMs
            ).save(saved)
            if output.json {
                try JSONOutput.write(login.account)
            } else {
                output.note(
                    "logged in as \(login.account.name) at \(context.server) until \(Format.time(login.expiresAtMs))")
            }
        }
    }
}

struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Revoke the token and forget it.",
        discussion: """
            EXAMPLES
              myvlm logout
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, context in
            let saved = try context.file.map { _ in try ContextFile.prepare(context.path) }
            var refusal: MyVLMError?
            do {
                try await client.logout()
            } catch let error as MyVLMError where error.code == .unauthenticated {
                refusal = error  // The token is no good any more: forgetting it is all that is left to do.
            }
            if var file = context.file, let saved {
                file.token = nil
                file.tokenExpiresAtMs = nil
                try file.save(saved)
            }
            output.note(refusal == nil ? "logged out" : "the token was no longer valid; it is forgotten")
        }
    }
}

struct WhoAmICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Tell who is logged in.",
        discussion: """
            EXAMPLES
              myvlm whoami
              myvlm whoami --server localhost:7443 --ca ca.pem --token-file robot.token
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let account = try await client.whoAmI()
            if output.json {
                try JSONOutput.write(account)
            } else {
                try Console.out("\(Console.shown(account.name)) (\(account.role.word))")
            }
        }
    }
}

struct PasswdCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passwd", abstract: "Change your password; your other tokens end.",
        discussion: """
            EXAMPLES
              myvlm passwd
              myvlm passwd --old-password-file old --password-file new

            Both passwords are asked for on a terminal; otherwise the old one is the first line of standard input and \
            the new one the second, unless files are given.
            """)

    @Option(help: "A file of mode 0600 with the old password.")
    var oldPasswordFile: LocalPath?

    @Option(help: "A file of mode 0600 with the new password.")
    var passwordFile: LocalPath?

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, _ in
            let old = try SecretInput.password(file: oldPasswordFile, prompt: "Old password: ")
            let new = try SecretInput.password(file: passwordFile, prompt: "New password: ", confirm: true)
            try await client.changePassword(old: old, new: new)
            output.note("password changed; other tokens of yours have ended")
        }
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tell the server's version, model and load.",
        discussion: """
            EXAMPLES
              myvlm status
              myvlm status --json
            """)

    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var output: OutputArguments

    func run() async throws {
        try await CommandRunner.run(connection) { client, context in
            let status = try await client.status()
            if output.json { return try JSONOutput.write(status) }
            var table = Table(["server", context.server])
            table.add(["version", status.version])
            table.add(["model", "\(status.modelName) \(status.modelDigest.prefix(12))"])
            for model in status.models { table.add(["model \(model.name)", model.line]) }
            table.add(["up", Format.seconds(Float(status.uptimeMs) / 1_000)])
            table.add(["answers", "\(status.activeRequests) running, \(status.queuedRequests) waiting"])
            table.add(["enrollments", "\(status.enrollments)"])
            table.add(["resident", "\(status.residentSets) concepts, \(Format.bytes(status.residentBytes))"])
            try table.write()
        }
    }
}

extension ServedModel {
    /// Where it stands, for people.
    fileprivate var line: String {
        var parts = [digest.isEmpty ? "not loaded yet" : String(digest.prefix(12)), state]
        if state == "loading" { parts.append("\(Int(max(0, min(1, share)) * 100)) %") }
        parts.append(Format.bytes(bytes))
        return parts.joined(separator: ", ") + (error.isEmpty ? "" : ": \(error)")
    }
}
