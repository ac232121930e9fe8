import Foundation
import Service
import Testing

/// `config.json`: an unknown setting, one that occurs twice and a value that is not allowed are refused, and the message says what to write.
@Suite(.timeLimit(.minutes(10))) struct SettingsTests {
    private func load(_ text: String) throws -> ServiceConfiguration {
        let folder = NSTemporaryDirectory() + "myvlm-settings-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(text.utf8).write(to: URL(filePath: folder + "/config.json"))
        return try ServiceConfiguration.load(ServerHome(path: folder))
    }

    /// A misspelt setting was passed over, and the server ran with the default.
    @Test(arguments: [
        (#"{"concurentAnswers": 2}"#, ["concurentAnswers", "did you mean concurrentAnswers?"]),
        (#"{"Listen": "127.0.0.1:1"}"#, ["Listen", "did you mean listen?"]),
        (#"{"drain_seconds": 2}"#, ["drain_seconds", "drainSeconds"]),
        (#"{"x": {"concurrentAnswers": 2}}"#, ["\"x\"", "Docs/operations.md"]),
        (#"{"concurrentAnswers": 2, "concurrentAnswers": 8}"#, ["concurrentAnswers", "twice"]),
        (#"{"listen": "a:1", "l\u0069sten": "b:1"}"#, ["listen", "twice"]),
        (#"{"concurrentAnswers": "2"}"#, ["concurrentAnswers is \"2\"", "from 1 to 1024", ": 8 say"]),
        (#"{"concurrentAnswers": 0}"#, ["concurrentAnswers is 0", "from 1 to 1024"]),
        (#"{"concurrentAnswers": -1}"#, ["from 1 to 1024"]), (#"{"concurrentAnswers": 1.5}"#, ["1.5", "whole number"]),
        (#"{"concurrentAnswers": true}"#, ["true", "whole number"]),
        (#"{"concurrentAnswers": 99999999999999999999}"#, ["concurrentAnswers", "whole number"]),
        (#"{"concurrentAnswers": [2]}"#, ["a list"]), (#"{"concurrentAnswers": {"a": 2}}"#, ["an object"]),
        (#"{"maximumPhotoBytes": 99999999}"#, ["maximumPhotoBytes", "25165824"]),
        (#"{"tokenLifetimeSeconds": 9223372036854775807}"#, ["tokenLifetimeSeconds"]),
        (#"{"maximumTokenLifetimeSeconds": 60}"#, ["more than maximumTokenLifetimeSeconds"]),
        (#"{"listen": 7}"#, ["listen is 7", "127.0.0.1:7443"]), (#"{"listen": "7443"}"#, ["HOST:PORT"]),
        (#"{"listen": ""}"#, ["HOST:PORT"]), (#"{"model": ["a"]}"#, ["model is a list"]),
        (#"{"models": []}"#, ["models is a list", "name", "path"]),
        (#"{"models": {"a": "b"}}"#, ["models is an object"]),
        (#"{"models": [{"name": "a"}]}"#, ["models is a list"]),
        (#"{"models": [{"path": "/a"}]}"#, ["models is a list"]),
        (#"{"models": [{"name": "a b", "path": "/a"}]}"#, ["models is a list"]),
        (#"{"models": [{"name": "a", "path": "/a", "tile": true}]}"#, ["models is a list", "tiles"]),
        (#"{"models": [{"name": "a", "path": "/a", "dtype": 8}]}"#, ["models is a list", "dtype"]),
        (
            #"{"models": [{"name": "a", "path": "/a"}, {"name": "a", "path": "/b"}]}"#,
            ["two of the name \"a\"", "another name"]
        ),
        (#"{"model": "/a", "models": [{"name": "a", "path": "/a"}]}"#, ["model and models", "keep one"]),
        (#"{"modelBytes": 5}"#, ["modelBytes is 5", "from 1048576"]),
        ("", ["is empty"]), ("{", ["does not parse"]), ("[]", ["does not parse"]), ("7", ["does not parse"]),
        (#"{"listen": "a:1"} x"#, ["does not parse"]),
    ])
    func whatCannotBeIsNamed(text: String, words: [String]) throws {
        do {
            _ = try load(text)
            Issue.record("\(text) was taken")
        } catch let error as ServiceError {
            #expect(error.code == .configuration && error.exitCode == 78, "\(text): \(error)")
            for word in words + ["config.json"] { #expect(error.message.contains(word), "\(text): \(error.message)") }
        }
    }

    @Test func whatIsLeftOutIsTheDefault() throws {
        #expect(try load("{}") == ServiceConfiguration())
        #expect(try load(#"{"model": null, "concurrentAnswers": null}"#) == ServiceConfiguration())
        let some = try load(#"{"concurrentAnswers": 3, "listen": "[::1]:0", "waitingEnrollments": 0}"#)
        #expect(some.concurrentAnswers == 3 && some.listen == "[::1]:0" && some.waitingEnrollments == 0)
    }

    /// Every setting that is written is one that is read.
    @Test func whatInitWritesIsRead() throws {
        var settings = ServiceConfiguration()
        settings.model = "/srv/model"
        settings.clientAuthority = "/srv/clients.pem"
        settings.drainSeconds = 7
        settings.modelBytes = 8 << 30
        settings.requestsPerMinute = 9
        let text = String(decoding: try JSONEncoder().encode(settings), as: UTF8.self)
        #expect(try load(text) == settings)
    }

    @Test func aTableOfModelsIsRead() throws {
        let text = #"""
            {"models": [{"name": "pocket", "path": "/srv/pocket"},
             {"name": "llava", "path": "llava-hf/llava-1.5-7b-hf", "dtype": "int8", "headEncoder": "/srv/dfn", "tiles": true},
             {"name": "other", "path": "/srv/other", "dtype": null}]}
            """#
        let settings = try load(text)
        #expect(
            settings.models == [
                ModelSetting(name: "pocket", path: "/srv/pocket"),
                ModelSetting(
                    name: "llava", path: "llava-hf/llava-1.5-7b-hf", dtype: "int8", headEncoder: "/srv/dfn",
                    tiles: true), ModelSetting(name: "other", path: "/srv/other"),
            ])
        let written = String(decoding: try JSONEncoder().encode(settings), as: UTF8.self)
        #expect(try load(written) == settings)
    }

    @Test func aVariableThatMeansNothingIsTold() {
        let environment = ["MYVLMD_MASTERKEY": "x", "MYVLMD_MASTER_KEY": "y", "HOME": "/", "MYVLMD_LISTEN": "z"]
        let told = ServerEnvironment.warnings(environment)
        #expect(
            told.count == 2 && told[1].contains("MYVLMD_MASTERKEY")
                && told[1].contains("did you mean MYVLMD_MASTER_KEY?"))
        #expect(told.allSatisfy { !$0.contains("\"x\"") && !$0.contains("=") })
    }
}
