import Foundation
import Hub
import LocalFiles
import Testing

/// Variables, as other tools of the hub read them.
@Suite(.timeLimit(.minutes(10))) struct SettingsOfTheHubTests {
    private let home = LocalPath("/home-of-tests")

    private func read(_ environment: [String: String]) throws -> HubSettings {
        try HubSettings(environment: environment, home: home)
    }

    @Test func theCacheIsWhereOthersHaveIt() throws {
        #expect(try read([:]).cache.text == "/home-of-tests/.cache/huggingface/hub")
        #expect(try read(["XDG_CACHE_HOME": "/x"]).cache.text == "/x/huggingface/hub")
        #expect(try read(["HF_HOME": "~/hf", "XDG_CACHE_HOME": "/x"]).cache.text == "/home-of-tests/hf/hub")
        #expect(try read(["HF_HUB_CACHE": "/c", "HF_HOME": "/h"]).cache.text == "/c")
        #expect(try read(["HUGGINGFACE_HUB_CACHE": "/old"]).cache.text == "/old")
        #expect(refusal { _ = try HubSettings(environment: [:], home: nil) }?.code == .usage)
    }

    @Test func theHubIsTheOneThatIsNamed() throws {
        #expect(try read([:]).address.endpoint.host == "huggingface.co")
        #expect(try read(["HF_ENDPOINT": "https://mirror.example/"]).address.endpoint.host == "mirror.example")
        #expect(refusal { _ = try read(["HF_ENDPOINT": "mirror"]) }?.message.contains("HF_ENDPOINT") == true)
        #expect(try read(["HF_HUB_OFFLINE": "1"]).isOffline && read(["HF_HUB_OFFLINE": "0"]).isOffline == false)
    }

    @Test func patienceIsSecondsWithinLimits() throws {
        #expect(try read(["HF_HUB_DOWNLOAD_TIMEOUT": "5"]).transport.stallSeconds == 5)
        for text in ["0", "-1", "x", "1e9", "100000"] {
            let error = refusal { _ = try read(["HF_HUB_DOWNLOAD_TIMEOUT": text]) }
            #expect(error?.code == .usage && error?.message.contains("HF_HUB_DOWNLOAD_TIMEOUT") == true)
        }
    }

    @Test func tokensComeFromTheVariableOrTheFile() throws {
        let folder = NSTemporaryDirectory() + "hub-settings-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(try read(["HF_HOME": folder]).token == nil)
        try Data("  hf_file\n".utf8).write(to: URL(filePath: folder + "/token"))
        #expect(try read(["HF_HOME": folder]).token == "hf_file")
        #expect(try read(["HF_HOME": folder, "HF_TOKEN": "hf_variable"]).token == "hf_variable")
        #expect(try read(["HF_HOME": folder, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]).token == nil)
        #expect(try read(["HF_TOKEN_PATH": folder + "/token"]).token == "hf_file")
        #expect(try read(["HF_TOKEN": " \n "]).token == nil)
        for bad in ["hf_a b", "hf_a\r\nX-Evil: 1", "hf_ä"] {
            let error = refusal { _ = try read(["HF_TOKEN": bad]) }
            #expect(error?.code == .usage && error?.message.contains("hf_") == false, "\(String(describing: error))")
        }
    }
}
