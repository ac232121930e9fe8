import Foundation
import ProcessTestSupport
import Testing

/// `myvlm` goes on as `myvlm-lab` for what needs the engine and no server; its users see one program.
@Suite(.timeLimit(.minutes(10))) struct LaboratoryTests {
    private static let published = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "RuntimeTests/Fixtures/original").path(percentEncoded: false)

    /// Runs scripts in a folder of their own; `$MYVLM` is the program, `$PUBLISHED` the folder of published files.
    private func withShell(_ body: ((String) async throws -> Program.Output) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "myvlm-lab-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tool = try CommandLineTool.named("myvlm")
        var shell = Program(path: "/bin/sh", environment: tool.environment)
        shell.environment.merge([
            "MYVLM": tool.path, "HERE": folder, "PUBLISHED": Self.published, "MYVLM_CONFIG": folder + "/none.json",
        ]) { $1 }
        try await body { [shell] script in try await shell.run(["-c", "cd \"$HERE\"; \(script)"]) }
    }

    /// Names of any bytes, values that look like options, options of this program: all of it arrives.
    @Test func publishedFilesBecomeSafeOnes() async throws {
        try await withShell { run in
            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: Self.published).sorted().first {
                    $0.hasSuffix(".pt") && $0.contains("embedding")
                })
            let output = try await run(
                #"cp "$PUBLISHED/\#(name)" "./$(printf -- '-caf\351.pt')"; "$MYVLM" import "#
                    + #""./$(printf -- '-caf\351.pt')" --identifier=--sks --class mug --out "$(printf 'm\351.safetensors')" --json"#
            )
            #expect(output.code == 0, "\(output)")
            #expect(try output.json["identifier"] as? String == "--sks", "\(output)")
            let again = try await run(
                #"cp "$PUBLISHED/\#(name)" e.pt; printf x > there; "$MYVLM" import e.pt --identifier sks --out there"#)
            #expect(again.code == 73 && again.error.contains("there already"), "\(again)")
        }
    }

    @Test func whatIsRefusedIsRefusedAsByOneProgram() async throws {
        try await withShell { run in
            let refused: [(String, Int32, String)] = [
                (#""$MYVLM" evaluate"#, 64, "--data"), (#""$MYVLM" evaluate --data nowhere"#, 66, "nowhere"),
                (#"mkdir d; "$MYVLM" evaluate --data d --shots many"#, 64, "--shots"),
                (#"printf x > f.pt; "$MYVLM" import f.pt"#, 64, "--identifier"),
                (#"printf x > f.pt; "$MYVLM" import f.pt --identifier sks --out o"#, 65, "f.pt"),
                (#""$MYVLM" import none.pt --identifier sks --out o"#, 66, "no such file"),
                (#"printf x | "$MYVLM" import /dev/stdin --identifier sks --out o"#, 66, "not a plain file"),
            ]
            for (script, code, words) in refused {
                let output = try await run(script)
                #expect(output.code == code && output.error.contains(words), "\(script): \(output)")
                #expect(!output.error.contains("myvlm-lab"), "\(script): \(output)")
            }
            let lost = try await run(#""$MYVLM" evaluate --help > /dev/full"#)
            #expect(lost.code == 74, "\(lost)")
        }
    }

    /// A model of a hub is taken from the cache that `myvlmd model pull` fills; nothing is fetched.
    @Test func aModelOfAHubIsEvaluatedFromTheCache() async throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let model = tests.appending(path: "VLMTests/Fixtures/checkpoints-hub/llava/model").path(percentEncoded: false)
        let photos = tests.deletingLastPathComponent().appending(path: "Demo/photos").path(percentEncoded: false)
        try await withShell { run in
            let evaluate = #"HF_HOME="$HERE/hf" "$MYVLM" evaluate --data things --model test/llava"#
            let things =
                #"{"teapot": {"class_noun": "teapot", "images": {"teapot-cloth-1.jpg": ["{concept} on a cloth"]}}}"#
            let absent = try await run(
                "mkdir -p things/teapot; cp '\(photos)'/teapot-*.jpg things/teapot; printf %s '\(things)' "
                    + "> things/captions.json; " + evaluate)
            #expect(absent.code == 66 && absent.error.contains("`myvlmd model pull test/llava`"), "\(absent)")
            let here = try await run(
                #"""
                commit=0123456789abcdef0123456789abcdef01234567; to="$HERE/hf/hub/models--test--llava"
                mkdir -p "$to/refs" "$to/snapshots/$commit"; printf %s "$commit" > "$to/refs/main"
                """# + "\ncp '\(model)'/* \"$to/snapshots/$commit\"; " + evaluate + " --dtype bf16")
            // It was loaded, and says itself what is still to be done.
            #expect(here.code == 65 && here.error.contains("`myvlmd bank`"), "\(here)")
            let format = try await run(evaluate + " --dtype int9")
            #expect(format.code == 64 && format.error.contains("int9 is no number format"), "\(format)")
            let damaged = try await run(
                "for file in hf/hub/*/snapshots/*/tokenizer.json; do printf x > \"$file\"; done; " + evaluate)
            #expect(damaged.code == 65 && damaged.error.contains("tokenizer.json"), "\(damaged)")
        }
    }

    /// Installed alone the program says what it lacks.
    @Test func withoutItTheProgramSaysWhatIsMissing() async throws {
        try await withShell { run in
            let output = try await run(#"mkdir data bin; cp "$MYVLM" bin/myvlm; bin/myvlm evaluate --data data"#)
            #expect(output.code == 78, "\(output)")
            #expect(output.error.contains("myvlm-lab, which is not beside myvlm"), "\(output)")
            #expect(try await run("bin/myvlm --version").code == 0)
        }
    }

    /// The thread that hands over blocks signals, and what it starts would have inherited that: Ctrl-C would end nothing.
    @Test func signalsAndArgumentsReachIt() async throws {
        try await withShell { run in
            let output = try await run(
                #"""
                mkdir bin; cp "$MYVLM" bin/myvlm
                printf '#!/bin/sh\ngrep SigBlk /proc/self/status\nprintf "<%%s>" "$@"\nexit 7\n' > bin/myvlm-lab
                chmod +x bin/myvlm-lab; bin/myvlm evaluate --data 'a  b' --out ''
                """#)
            #expect(output.code == 7, "its status is the program's: \(output)")
            #expect(output.out.hasSuffix("<evaluate><--data><a  b><--out><>"), "\(output)")
            #expect(output.out.contains("SigBlk:\t0000000000000000\n"), "\(output)")
        }
    }
}
