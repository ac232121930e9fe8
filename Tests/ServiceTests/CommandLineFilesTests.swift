import Client
import Foundation
import ProcessTestSupport
import RPC
import Service
import Testing
import VLM

/// Names, pipes, outputs and terminals as a shell hands them to `myvlm`.
@Suite(.timeLimit(.minutes(10))) struct CommandLineFilesTests {
    /// A shell in the harness's folder, logged in as the administrator; `$MYVLM` is the binary, `photo.png` a photo.
    private func shell(_ harness: Harness) async throws -> Program {
        let tool = try CommandLineTool.named("myvlm")
        var shell = Program(path: "/bin/sh", environment: tool.environment)
        shell.environment.merge([
            "MYVLM": tool.path, "MYVLM_CONFIG": "\(harness.folder)/config.json", "HERE": harness.folder,
        ]) { $1 }
        try Data(Harness.photo(1).bytes).write(to: URL(filePath: harness.folder + "/photo.png"))
        let login = try await shell.run(
            [
                "-c", #"cd "$HERE" && "$MYVLM" login admin --server "$0" --ca "$1""#, "https://\(harness.address)/",
                harness.home.authority,
            ], input: Harness.adminPassword + "\n")
        #expect(login.code == 0, "\(login)")
        return shell
    }

    private func run(_ shell: Program, _ script: String) async throws -> Program.Output {
        try await shell.run(["-c", "cd \"$HERE\"; \(script)"])
    }

    /// Each was refused or lost something once: a Latin-1 name, standard input, the photo's own name for its picture.
    @Test func photosAndPicturesUnderAnyName() async throws {
        try await Harness.run { harness in
            let shell = try await shell(harness)
            let caption = #""$MYVLM" caption --frozen --max-tokens 2"#
            let good = [
                #"p=$(printf 'caf\351.png'); cp photo.png "$p"; \#(caption) "$p" --picture "$(printf 'out\351.png')" && test -s "$(printf 'out\351.png')""#,
                "cat photo.png | \(caption) /dev/stdin", "\(caption) /dev/stdin < photo.png",
                "mkfifo in; cat photo.png > in & \(caption) in",
                "mkdir 'a %20 b'; cp photo.png 'a %20 b/x.png'; \(caption) 'a %20 b/x.png' --picture 'a %20 b/y.png' "
                    + "&& test -s 'a %20 b/y.png' && test ! -e 'a%20%2520%20b'",
                "cp photo.png -- -dash.png; \(caption) ./-dash.png && \(caption) -- -dash.png",
                #"cp "\#(harness.home.authority)" "$(printf 'ca\351.pem')"; "$MYVLM" whoami --ca "$(printf 'ca\351.pem')""#,
            ]
            for script in good {
                let output = try await run(shell, script)
                #expect(output.code == 0 && !output.out.isEmpty, "\(script): \(output)")
            }
            try await refusals(shell, caption)
            #expect(try Data(contentsOf: URL(filePath: harness.folder + "/photo.png")) == Data(Harness.photo(1).bytes))
            let left = try FileManager.default.contentsOfDirectory(atPath: harness.folder)
            #expect(!left.contains { $0.contains(".new") }, "\(left)")
        }
    }

    private func refusals(_ shell: Program, _ caption: String) async throws {
        let bad: [(String, Int32, String)] = [
            ("\(caption) photo.png --picture ./photo.png", 73, "very file that is read"),
            ("ln photo.png hard.png; \(caption) photo.png --picture hard.png", 73, "very file"),
            ("ln -s photo.png soft.png; \(caption) soft.png --picture photo.png", 73, "very file"),
            ("mkfifo out; \(caption) photo.png --picture out", 73, "a pipe"),
            ("\(caption) photo.png --picture /dev/null", 73, "a device"),
            ("\(caption) photo.png --picture no/such.png", 73, "cannot write"),
            ("\(caption) photo.png --picture .", 73, "is a folder"),
            ("\(caption) photo.png --json --picture self > self", 73, "own output"),
            ("\(caption) /dev/zero", 65, "24 MiB"), ("\(caption) .", 66, "is a folder"),
            (#"\#(caption) "$(printf 'no\351\n.png')""#, 66, #"no\xE9\n.png: no such file"#),
            ("\(caption) -dash.png", 64, "./-dash.png"), ("\(caption) --dash.png", 64, "--dash.png"),
            ("echo x > text.pdf; \(caption) text.pdf", 65, "text.pdf"),
            ("echo x > text.pdf; \"$MYVLM\" recognize text.pdf", 65, "text.pdf"),
            (#""$MYVLM" enroll zibo photo.png text.pdf"#, 65, "text.pdf"),
            (#""$MYVLM" ask photo.png "$(printf 'what\351')""#, 64, "not UTF-8"),
            (#""$MYVLM" account export /dev/null"#, 73, "a device"),
            (#""$MYVLM" token create --to no/such"#, 73, "no folder"),
            (#""$MYVLM" whoami --ca /dev/zero"#, 78, "not a plain file"),
            (#""$MYVLM" evaluate --data nowhere"#, 66, "nowhere"),
        ]
        for (script, code, words) in bad {
            let output = try await run(shell, script)
            #expect(output.code == code && output.error.contains(words), "\(script): \(output)")
        }
    }

    /// `> /dev/full` ended in a trap.
    @Test func outputThatIsLostIsTold() async throws {
        try await Harness.run { harness in
            let shell = try await shell(harness)
            let commands = [
                "caption photo.png --json --max-tokens 1", "whoami", "user list", "--help", "token list --json",
                "status",
                "--generate-completion-script bash", "caption photo.png --jsonl --max-tokens 1",
            ]
            for command in commands {
                for stream in ["> /dev/full", ">&-"] {
                    let output = try await run(shell, "\"$MYVLM\" \(command) \(stream)")
                    #expect(output.code == 74, "\(command) \(stream): \(output)")
                    #expect(output.error.contains("standard output"), "\(command) \(stream): \(output)")
                }
                let gone = try await run(shell, "{ \"$MYVLM\" \(command); echo $? >&2; } | true")
                #expect(["0\n", "74\n", "141\n"].contains { gone.error.hasSuffix($0) }, "\(command) | true: \(gone)")
            }
            for stream in ["2> /dev/full", "2>&-"] {
                #expect(try await run(shell, "\"$MYVLM\" nonsense \(stream)").code == 64)
                let noted = try await run(
                    shell, "\"$MYVLM\" caption photo.png --picture p.png --max-tokens 1 \(stream)")
                #expect(noted.code == 74 && !noted.out.isEmpty, "what it had to say is lost: \(noted)")
            }
            #expect(try await run(shell, "\"$MYVLM\" whoami <&-").code == 0)
        }
    }

    /// The reader of the pipe is there when the shell can open it to write: then the command listens to signals.
    @Test func theFirstSignalEndsAWaitingCommandWithItsStatus() async throws {
        try await Harness.run { harness in
            let shell = try await shell(harness)
            for (signal, status) in [("TERM", 143), ("INT", 130)] {
                let output = try await run(
                    shell,
                    "mkfifo \(signal); \"$MYVLM\" caption \(signal) & p=$!; exec 3> \(signal); kill -\(signal) $p; wait $p; echo $?"
                )
                #expect(output.out == "\(status)\n" && output.error.contains("cancelled"), "\(output)")
            }
        }
    }

    /// A dumb terminal was sent the sequence that renews a line.
    @Test func aTerminalGetsTheSequencesThatItTakes() async throws {
        try await Harness.run { harness in
            var shell = try await shell(harness)
            for (term, noColor, hasEscapes) in [
                ("xterm", "", true), ("xterm", "1", false), ("dumb", "", false), ("", "", false),
            ] {
                shell.environment["TERM"] = term
                shell.environment["NO_COLOR"] = noColor
                let output = try await run(
                    shell, "script -qec '\"$MYVLM\" enroll zibo --class mug --object photo.png' /dev/null")
                #expect(output.code == 0 && output.out.contains("100 %"), "\(output)")
                #expect(output.out.contains("\u{1B}") == hasEscapes, "TERM=\(term) NO_COLOR=\(noColor): \(output)")
            }
        }
    }

    /// A home with a space became `my%20home`, an empty one `/`, a missing one the current folder.
    @Test func theLoginIsKeptInTheHomeAndNowhereElse() async throws {
        try await Harness.run { harness in
            var shell = try await shell(harness)
            shell.environment["MYVLM_CONFIG"] = nil
            try Data((Harness.adminPassword + "\n").utf8).write(to: URL(filePath: harness.folder + "/password"))
            #expect(chmod(harness.folder + "/password", 0o600) == 0)
            let login =
                "\"$MYVLM\" login admin --password-file password --server \(harness.address) --ca home/ca.pem"
            let homes = ["my home", "100%25", "\u{FC} \u{1FAD6}", "$(printf 'h\\351')"]
            for home in homes {
                let output = try await run(
                    shell,
                    "mkdir \"\(home)\"; HOME=\"$HERE/\(home)\" \(login) && test -s \"\(home)/.config/myvlm/config.json\""
                )
                #expect(output.code == 0, "\(home): \(output)")
            }
            let xdg = try await run(
                shell, "XDG_CONFIG_HOME=\"$HERE/x d\" \(login) && test -s \"x d/myvlm/config.json\"")
            #expect(xdg.code == 0, "\(xdg)")
            // A relative one counts as none.
            let relative = try await run(
                shell, "mkdir h; XDG_CONFIG_HOME=x HOME=\"$HERE/h\" \(login) && test -s h/.config/myvlm/config.json")
            #expect(relative.code == 0, "\(relative)")
            let left = try FileManager.default.contentsOfDirectory(atPath: harness.folder)
            #expect(!left.contains { $0.contains("my%20") || $0 == ".config" || $0 == "x" }, "\(left)")
            // The login must not be lost to a folder that cannot be written.
            let nowhere = try await run(shell, "HOME=/dev/null \(login)")
            #expect(nowhere.code == 73 && nowhere.error.contains("MYVLM_CONFIG"), "\(nowhere)")
        }
    }

    @Test(arguments: [
        (["captoin", "photo.jpg"], "\"myvlm caption\""),
        (["concept", "rollbck", "zibo"], "\"myvlm concept rollback\""),
        (["concept", "alias", "sett"], "\"myvlm concept alias set\""), (["usre", "add"], "\"myvlm user\""),
        (["help", "enrol"], "\"myvlm enroll\""), (["rollback", "zibo"], "\"myvlm concept rollback\""),
        (["caption", "a.jpg", "--jsno"], "--json"), (["xyzzy"], "enroll, caption, ask"),
    ])
    func aMisspeltCommandIsToldWhatItMayHaveMeant(_ arguments: [String], _ words: String) async throws {
        let output = try await CommandLineTool.named("myvlm").run(arguments)
        #expect(output.code == 64 && output.error.contains(words), "\(output)")
        #expect(output.out.isEmpty)
    }

    /// `--temperature 3` told of a range to 2 and `--temperature 11` of one to 10.
    @Test func oneRangeForANumberWhoeverChecksIt() async throws {
        for beams in [Bounds.beams.lowerBound, Bounds.beams.upperBound] { _ = try BeamSearch(beams: beams) }
        for beams in [Bounds.beams.lowerBound - 1, Bounds.beams.upperBound + 1] {
            #expect(throws: VLMError.self) { try BeamSearch(beams: beams) }
        }
        for penalty in [Bounds.lengthPenalty.lowerBound, Bounds.lengthPenalty.upperBound] {
            _ = try BeamSearch(beams: 2, lengthPenalty: penalty)
            #expect(throws: VLMError.self) { try BeamSearch(beams: 2, lengthPenalty: penalty * 1.01) }
        }
        try await Harness.run { harness in
            let shell = try await shell(harness)
            let client = try await harness.admin()
            let photo = try Harness.photo(1)
            let wrong: [(SamplingOptions, String, String)] = [
                (SamplingOptions(temperature: 3), "--temperature 3", "lies between 0 and 2"),
                (SamplingOptions(temperature: 11), "--temperature 11", "lies between 0 and 2"),
                (SamplingOptions(temperature: .nan), "--temperature nan", "lies between 0 and 2"),
                (SamplingOptions(topP: 1.5), "--top-p 1.5", "and 1"),
                (SamplingOptions(maxTokens: 257), "--max-tokens 257", "lies between 1 and 256"),
                (SamplingOptions(beam: BeamOptions(beams: 17)), "--beams 17", "lies between 1 and 16"),
                (
                    SamplingOptions(beam: BeamOptions(beams: 2, lengthPenalty: 9)), "--beams 2 --length-penalty 9",
                    "lies between -8 and 8"
                ),
            ]
            for (sampling, option, words) in wrong {
                let refused = await failure { _ = try await client.captioned(photo, sampling: sampling) }
                #expect(
                    refused?.code == .invalidArgument && refused?.message.contains(words) == true, "\(refused as Any)")
                let told = try await run(shell, "\"$MYVLM\" caption photo.png \(option)")
                #expect(told.code == 64 && told.error.contains(words), "\(option): \(told)")
            }
            let days = await failure { _ = try await client.createToken(lifetime: .seconds(3_651 * 86_400)) }
            #expect(days?.code == .invalidArgument)
            #expect(try await run(shell, "\"$MYVLM\" token create --to t --days 3651").error.contains("1 and 3650"))
            await client.close()
        }
    }
}
