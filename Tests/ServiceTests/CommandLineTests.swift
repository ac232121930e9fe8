import Client
import Foundation
import ProcessTestSupport
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct CommandLineTests {
    /// `myvlm` for one user of a harness, with a configuration file of its own.
    private func tool(_ harness: Harness, _ user: String) throws -> Program {
        try CommandLineTool.named("myvlm", environment: ["MYVLM_CONFIG": "\(harness.folder)/\(user)/config.json"])
    }

    private func secret(_ harness: Harness, _ text: String) throws -> String {
        let path = "\(harness.folder)/secret-\(UUID().uuidString)"
        #expect(
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]))
        return path
    }

    private func photo(_ harness: Harness, _ thing: UInt64, _ view: UInt64) throws -> String {
        let path = "\(harness.folder)/thing\(thing)-\(view).png"
        try Data(Harness.photo(thing, view).bytes).write(to: URL(filePath: path))
        return path
    }

    @Test func theJourneyOnTheCommandLine() async throws {
        try await Harness.run { harness in
            let admin = try tool(harness, "admin")
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            let login = try await admin.run(
                ["login", "admin"] + server, input: Harness.adminPassword + "\n")
            #expect(login.code == 0, "\(login)")
            #expect(!(login.out + login.error).contains("mvt_"), "the token was shown")
            let config = try FileManager.default.attributesOfItem(atPath: harness.folder + "/admin/config.json")
            #expect((config[.posixPermissions] as? NSNumber)?.intValue == 0o600)

            let password = try secret(harness, Harness.userPassword)
            let added = try await admin.run(["user", "add", "ann", "--password-file", password, "--json"])
            #expect(try added.code == 0 && added.json["name"] as? String == "ann", "\(added)")
            let ann = try tool(harness, "ann")
            #expect(try await ann.run(["login", "ann", "--password-file", password] + server).code == 0)
            #expect(try await ann.run(["whoami"]).out == "ann (user)\n")

            let photos = try (0..<3).map { try photo(harness, 1, $0) }
            let captions = harness.folder + "/captions.tsv"
            try Data("thing1-0.png\ta picture of {concept}\n".utf8).write(to: URL(filePath: captions))
            let enrolled = try await ann.run(
                ["enroll", "zibo", "--class", "mug", "--captions", captions, "--json"] + photos)
            let version = try enrolled.json["version"] as? [String: Any]
            #expect(enrolled.code == 0 && version?["number"] as? Int == 1, "\(enrolled)")
            #expect(enrolled.error.contains("training embedding") && enrolled.error.contains("100 %"))

            let picture = try photo(harness, 1, 9)
            let drawn = harness.folder + "/drawn.png"
            let caption = try await ann.run(["caption", picture, "--json", "--picture", drawn])
            #expect(caption.code == 0, "\(caption)")
            #expect(
                try Set(caption.json.keys) == [
                    "text", "fired", "tags", "concept_set_digest", "model_digest", "finish_reason", "timings",
                    "skipped", "places",
                ])
            #expect(try Data(contentsOf: URL(filePath: drawn)).starts(with: [0x89, 0x50, 0x4E, 0x47]))
            let lines = try await ann.run(["ask", picture, "What is it?", "--jsonl"]).out.split(separator: "\n")
            let events = try lines.map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
            }
            #expect(events.last?["event"] as? String == "end")
            let pieces = events.dropLast().compactMap { $0["text"] as? String }.joined()
            #expect((events.last?["answer"] as? [String: Any])?["text"] as? String == pieces)
            let seen = try await ann.run(["recognize", picture])
            #expect(seen.code == 0 && seen.out.hasPrefix("zibo v1  "), "\(seen)")

            _ = try await ann.run(["enroll", "zibo", "--class", "mug", "-q"] + [picture])
            let back = try await ann.run(["concept", "rollback", "zibo", "--reason", "better"])
            #expect(back.out == "zibo v2 -> v1\n", "\(back)")
            let list = try await ann.run(["concept", "list", "--json"]).json["concepts"] as? [[String: Any]]
            #expect(list?.first?["current_version"] as? Int == 1 && list?.first?["versions"] as? Int == 2)
            let kept = try await ann.run(["concept", "delete", "zibo"])
            #expect(kept.code == 64, "deleted without --yes: \(kept)")
            #expect(try await ann.run(["concept", "delete", "zibo", "--yes"]).code == 0)
            #expect(try await ann.run(["logout"]).code == 0)
            #expect(try await ann.run(["whoami"]).code == 77)
        }
    }

    @Test func conceptsGoThroughFilesOnTheCommandLine() async throws {
        try await Harness.run { harness in
            let ann = try tool(harness, "ann")
            await (try harness.user("ann")).close()
            let password = try secret(harness, Harness.userPassword)
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            #expect(try await ann.run(["login", "ann", "--password-file", password] + server).code == 0)

            // MyVLM's form, which may speak of photos that are not enrolled.
            let captions = harness.folder + "/captions.json"
            try Data(#"{"thing1-0.png": ["Zibo beside a mug"], "other.png": ["nobody"]}"#.utf8)
                .write(to: URL(filePath: captions))
            let photos = try (0..<3).map { try photo(harness, 1, $0) }
            let enrolled = try await ann.run(["enroll", "zibo", "--captions", captions] + photos)
            #expect(enrolled.code == 0 && enrolled.out == "zibo v1\n", "\(enrolled)")
            #expect(enrolled.error.contains("is an object, ") && enrolled.error.contains(" says: "), "\(enrolled)")
            try Data(#"{"thing1-0.png": ["zibo and zibo"]}"#.utf8).write(to: URL(filePath: captions))
            let twice = try await ann.run(["enroll", "zibo", "--captions", captions] + photos)
            #expect(twice.code == 65 && twice.error.contains("thing1-0.png"), "\(twice)")

            let file = harness.folder + "/zibo.safetensors"
            let exported = try await ann.run(["export", "zibo", "--out", file])
            #expect(exported.code == 0 && exported.error.contains("v1 of zibo"), "\(exported)")
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            #expect(try await ann.run(["export", "zibo", "--out", file]).code == 73)
            #expect(try await ann.run(["import", file]).out == "zibo v1 (the same as before: nothing new was made)\n")
            let other = try await ann.run(["import", file, "--name", "cup", "--only-new", "--json"])
            let version = try other.json["version"] as? [String: Any]
            #expect(other.code == 0 && version?["concept"] as? String == "cup", "\(other)")
            #expect(try await ann.run(["import", file, "--name", "cup", "--only-new"]).code == 65)
            let broken = harness.folder + "/broken.safetensors"
            try Data("12345678{}".utf8).write(to: URL(filePath: broken))
            let refused = try await ann.run(["import", broken])
            #expect(refused.code == 65 && refused.error.contains("not an exported concept"), "\(refused)")
            let published = try await ann.run(["import", captions])
            #expect(published.code == 64 && published.error.contains("--identifier"), "\(published)")
        }
    }

    @Test func errorsSayWhatWhyAndWhatNext() async throws {
        try await Harness.run { harness in
            let password = try secret(harness, Harness.adminPassword)
            let admin = try tool(harness, "admin")
            let server = ["--server", "\(harness.address)", "--ca", harness.home.authority]
            #expect(try await admin.run(["login", "admin", "--password-file", password] + server).code == 0)
            let picture = try photo(harness, 1, 0)
            let text = harness.folder + "/text.jpg"
            try Data("no picture".utf8).write(to: URL(filePath: text))
            let open = harness.folder + "/open-secret"
            try Data("pw".utf8).write(to: URL(filePath: open))
            chmod(open, 0o644)
            let cases: [([String], Int32, String)] = [
                (["caption", "nowhere.jpg"], 66, "nowhere.jpg: no such file"),
                (["caption", harness.folder], 66, "is a folder"),
                (["caption", text], 65, "JPEG"),
                (["caption"], 64, "Missing expected argument"),
                (["caption", picture, "--temperature=-1"], 64, "between 0 and 2"),
                (["enroll", "zibo"], 64, "Missing expected argument"),
                (["enroll", "zibo", picture, picture], 65, "same picture"),
                (["enroll", "a/b", picture], 65, "path"),
                (["enroll", "zibo", "--person", "--object", picture], 64, "choose one"),
                (["concept", "show", "zibo"], 66, "zibo"),
                (["concept", "rollback", "zibo", "--to", "0"], 64, "from 1"),
                (["login", "nobody", "--password-file", password], 77, "password is wrong"),
                (["login", "admin", "--password-file", open], 78, "chmod 600"),
                (["whoami", "--server", "no-port"], 64, "HOST:PORT"),
                (["whoami", "--ca", harness.folder + "/no.pem"], 78, "no such file"),
                (["whoami", "--token-file", harness.folder + "/none"], 66, "no such file"),
                (["frobnicate"], 64, "frobnicate"),
                (["caption", picture, "--picture", harness.folder + "/no/such/folder.png"], 73, "cannot write"),
            ]
            for (arguments, code, words) in cases {
                let output = try await admin.run(arguments)
                #expect(output.code == code, "\(arguments): \(output)")
                #expect(output.error.contains(words), "\(arguments): \(output)")
            }
            let nobody = try CommandLineTool.named(
                "myvlm", environment: ["MYVLM_CONFIG": harness.folder + "/nobody/config.json"])
            #expect(try await nobody.run(["whoami"]).code == 78)
            let free = try await admin.run(["whoami", "--server", "127.0.0.1:1"])
            #expect(free.code == 69, "\(free)")
        }
    }

    /// Flag before environment before file; a token is never shown to another server.
    @Test func flagsWinOverTheEnvironmentAndThatOverTheFile() async throws {
        try await Harness.run { harness in
            let password = try secret(harness, Harness.adminPassword)
            var admin = try tool(harness, "admin")
            admin.environment["MYVLM_SERVER"] = "\(harness.address)"
            admin.environment["MYVLM_CA"] = harness.home.authority
            #expect(try await admin.run(["login", "admin", "--password-file", password]).code == 0)
            admin.environment["MYVLM_SERVER"] = "127.0.0.1:1"
            #expect(try await admin.run(["whoami"]).code == 69)
            #expect(try await admin.run(["whoami", "--server", "\(harness.address)"]).code == 0)
            // Same server under another name: the saved token stays at home.
            let elsewhere = try await admin.run(["whoami", "--server", "localhost:\(harness.address.port)"])
            #expect(elsewhere.code == 77, "\(elsewhere)")
        }
    }

    @Test(arguments: [
        [], ["enroll"], ["reenroll"], ["caption"], ["ask"], ["recognize"], ["concept"], ["concept", "rollback"],
        ["concept", "promote"], ["concept", "alias"], ["concept", "keep"], ["login"], ["token"], ["token", "rotate"],
        ["user"], ["user", "add"], ["watch"], ["export"], ["import"],
    ])
    func helpIsAsWritten(_ command: [String]) async throws {
        let output = try await CommandLineTool.named("myvlm").run(command + ["--help"])
        #expect(output.code == 0)
        try Golden.expect(output.out, "help-\((["myvlm"] + command).joined(separator: "-")).txt")
    }

    @Test func theServerRefusesToStartWithoutItsParts() async throws {
        let folder = NSTemporaryDirectory() + "myvlmd-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let server = try CommandLineTool.named("myvlmd", environment: ["HOME": folder])
        let noHome = try await server.run(["serve", "--home", folder + "/home"])
        #expect(noHome.code == 66 && noHome.error.contains("myvlmd init"), "\(noHome)")
        let made = try await server.run(["init", "--home", folder + "/home"], input: Harness.adminPassword + "\n")
        #expect(made.code == 0, "\(made)")
        let again = try await server.run(["init", "--home", folder + "/home"], input: Harness.adminPassword + "\n")
        #expect(again.code == 73, "\(again)")
        let short = try await server.run(["init", "--home", folder + "/other"], input: "x\n")
        #expect(short.code == 64 && !FileManager.default.fileExists(atPath: folder + "/other"), "\(short)")
        let noModel = try await server.run(["serve", "--home", folder + "/home"])
        #expect(noModel.code == 66 && noModel.error.contains("Scripts/setup"), "\(noModel)")
        let badAddress = try await server.run(["serve", "--home", folder + "/home", "--listen", "7443"])
        #expect(badAddress.code == 64, "\(badAddress)")
        try FileManager.default.removeItem(atPath: folder)
    }
}
