import ArgumentParser
import Service

/// Where the process begins.
@main
enum EntryPoint {
    static func main() async {
        StandardStream.prepare()
        await MyVLMD.main()
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
              myvlmd bank --model ~/llava-1.5-7b-hf --photos ~/everyday   # what concept heads of a new model learn against
              myvlmd backup restore --home /var/lib/myvlm /var/lib/myvlm/backups/2026-11-23T120000Z
              myvlmd key rotate --home /var/lib/myvlm
              myvlmd certificate renew --home /var/lib/myvlm

            EXIT CODES (sysexits.h)
              0 well, 64 usage, 65 bad data, 66 no input, 69 unavailable, 70 internal, 73 can't create, 75 try again,
              78 configuration
            """,
        version: ServerVersion.current,
        subcommands: [
            InitCommand.self, ServeCommand.self, BankCommand.self, BackupCommand.self, KeyCommand.self,
            CertificateCommand.self, ScrubCommand.self,
        ])
}
