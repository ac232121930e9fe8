import ArgumentParser
import Foundation
import Foundations
import Service

/// The entry point of the process.
@main
enum EntryPoint {
    static func main() async {
        StandardStream.prepare()
        do {
            var command = try MyVLMD.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            end(error)
        }
    }

    /// To the parser, help and version are errors with status 0; if they cannot be written, that is an error to the
    /// user.
    private static func end(_ error: any Error) -> Never {
        let code = MyVLMD.exitCode(for: error)
        let text = MyVLMD.fullMessage(for: error)
        guard !text.isEmpty else { exit(code.rawValue) }
        guard code.isSuccess else {
            StandardStream.complain(text)
            exit(code.rawValue)
        }
        do {
            try StandardStream.print(text)
            exit(0)
        } catch {
            StandardStream.complain("myvlmd: \(error.message)")
            exit(error.exitCode)
        }
    }
}

struct MyVLMD: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "myvlmd", abstract: "The MyVLM server.",
        discussion: """
            EXAMPLES
              myvlmd init --home /var/lib/myvlm --host vlm.example.org
              myvlmd serve --home /var/lib/myvlm --listen 0.0.0.0:7443
              myvlmd serve --home /var/lib/myvlm --listen 127.0.0.1:0   # a free port, written to /var/lib/myvlm/endpoint
              myvlmd serve --home /var/lib/myvlm --model ~/llava-1.5-7b-hf --dtype int8
              myvlmd model pull OWNER/NAME                              # from a hub; serve --model OWNER/NAME does so too
              myvlmd bank --model ~/llava-1.5-7b-hf --photos ~/everyday   # what concept heads of a new model learn against
              myvlmd model check ~/llava-1.5-7b-hf --dtype int8 --home /var/lib/myvlm   # whose concepts it would leave behind
              myvlmd backup restore --home /var/lib/myvlm /var/lib/myvlm/backups/2026-11-23T120000Z
              myvlmd key rotate --home /var/lib/myvlm
              myvlmd certificate renew --home /var/lib/myvlm

            EXIT CODES (sysexits.h)
              0 well, 64 usage, 65 bad data, 66 no input, 69 unavailable, 70 internal, 73 can't create, 75 try again,
              77 no permission (of a hub), 78 configuration
            """,
        version: Release.version,
        subcommands: [
            InitCommand.self, ServeCommand.self, BankCommand.self, BackupCommand.self, KeyCommand.self,
            CertificateCommand.self, ScrubCommand.self, ModelCommand.self,
        ])
}
