import ArgumentParser
import Foundations

struct MyVLM: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "myvlm", abstract: "Teach a frozen vision-language model your own things and people.",
        discussion: """
            EXAMPLES
              myvlm login ann --server localhost:7443 --ca ca.pem
              myvlm enroll zibo mug1.jpg mug2.jpg mug3.jpg
              myvlm caption desk.jpg
              myvlm ask desk.jpg "Where is it?"
              myvlm recognize desk.jpg --json
              myvlm concept rollback zibo
              myvlm evaluate --data things

            Answers go to standard output; progress and what fired go to standard error. A flag wins over the \
            environment (MYVLM_SERVER, MYVLM_CA, MYVLM_TOKEN_FILE, MYVLM_CONFIG), the environment over the file that \
            `myvlm login` writes ($XDG_CONFIG_HOME/myvlm/config.json).

            COMPLETION
              myvlm --generate-completion-script bash > ~/.local/share/bash-completion/completions/myvlm
              myvlm --generate-completion-script zsh > "${fpath[1]}/_myvlm"
              myvlm --generate-completion-script fish > ~/.config/fish/completions/myvlm.fish

            EXIT CODES (sysexits.h)
                0  well
               64  usage
               65  bad data: no picture, a bad name, no face, nothing to roll back to
               66  no input: no such file, concept or version
               69  the server cannot be reached
               70  the server failed
               73  cannot be created, or is there already
               74  writing broke off: a full disk, an output that takes nothing more
               75  try again later: a quota, a full queue, a full disk
               77  no permission, or not logged in
               78  configuration
              130  cancelled; 143 by SIGTERM
            """,
        version: Release.version,
        subcommands: [
            EnrollCommand.self, ReenrollCommand.self, CaptionCommand.self, AskCommand.self, RecognizeCommand.self,
            ConceptCommand.self,
            EvaluateCommand.self, ExportCommand.self, ImportCommand.self, JobsCommand.self,
            UploadsCommand.self, WatchCommand.self,
            LoginCommand.self,
            LogoutCommand.self, WhoAmICommand.self, PasswdCommand.self, TokenCommand.self, AccountCommand.self,
            UsageCommand.self, UserCommand.self, StatusCommand.self, AuditCommand.self, BackupCommand.self,
            ScrubCommand.self,
        ])
}
