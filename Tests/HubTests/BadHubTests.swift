import Foundation
import Hub
import LocalFiles
import Testing

/// Against a hub over TLS that behaves badly.
@Suite(.enabled("no python in \(Python.path)", { await Python.has("ssl, http.server") }), .timeLimit(.minutes(10)))
struct BadHubTests {
    private func contents(_ folder: LocalPath, _ name: String) throws -> [UInt8] {
        try LocalInput.contents(of: folder.appending(name), limit: 1 << 20)
    }

    @Test func whatAModelNeedsComesAndItsTokenGoesToTheHubAlone() async throws {
        let server = try await HubServer()
        let (client, told) = try server.client(token: HubServer.token)
        let plan = try client.plan(ModelID("test/good"))
        #expect(plan.commit == HubServer.commit && plan.modelType == "llava")
        #expect(plan.census?.language == 51_200 && plan.census?.vision == 4_096)
        #expect(Set(plan.files.map(\.file.path)) == Set(SampleModel.needed))
        #expect(plan.files.last?.file.path == "model.safetensors")
        #expect(plan.missingBytes == plan.bytes)
        let folder = try client.pull(plan)
        for name in SampleModel.needed { #expect(try contents(folder, name) == server.files[name]) }
        #expect(try LocalFolder.names(in: folder).map(\.text).sorted() == SampleModel.needed.sorted())
        let requests = try server.requests()
        #expect(requests.contains { $0.server == "cdn" } && requests.contains { $0.server == "hub" })
        for request in requests { #expect(request.token == (request.server == "hub"), "\(request)") }
        #expect(told.events.last == .advanced(bytes: plan.bytes))

        // A second time nothing comes, and what is whole needs no hub.
        let again = try client.plan(ModelID("test/good"))
        #expect(again.missingBytes == 0)
        _ = try client.pull(again)
        let after = try server.requests().dropFirst(requests.count)
        #expect(after.allSatisfy { $0.path.hasPrefix("/api/") }, "\(after)")
        #expect(try client.cache.folder(of: ModelID("test/good")) == folder)
        #expect(try client.cache.verify(ModelID("test/good")).damaged.isEmpty)
    }

    @Test func aConnectionThatIsCutGoesOnWhereItWas() async throws {
        let server = try await HubServer()
        let (client, told) = try server.client()
        let folder = try client.get("test/cut")
        #expect(try contents(folder, "model.safetensors") == server.files["model.safetensors"])
        let size = server.files["model.safetensors"]?.count ?? 0
        let ranges = try server.requests().filter { $0.server == "cdn" && $0.range?.hasSuffix("-") != false }.map(
            \.range)
        let second = size / 3
        let third = second + (size - second) / 3
        #expect(ranges == [nil, "bytes=\(second)-", "bytes=\(third)-"], "\(ranges)")
        #expect(told.waits == [0, 0])
    }

    @Test func aServerWithoutRangesBeginsAnew() async throws {
        let server = try await HubServer()
        let (client, _) = try server.client()
        let folder = try client.get("test/no-ranges")
        #expect(try contents(folder, "model.safetensors") == server.files["model.safetensors"])
    }

    @Test func whatStallsIsAskedForAgain() async throws {
        let server = try await HubServer()
        let (client, told) = try server.client(stallSeconds: 3)
        let folder = try client.get("test/stall")
        #expect(try contents(folder, "model.safetensors") == server.files["model.safetensors"])
        #expect(
            told.events.contains {
                if case .waiting(_, let reason) = $0 { reason.contains("sends nothing more") } else { false }
            })
    }

    @Test func aNewProcessGoesOnWhereTheOldOneWas() async throws {
        let server = try await HubServer()
        let (client, _) = try server.client()
        let whole = try #require(server.files["model.safetensors"])
        let plan = try client.plan(ModelID("test/good"))
        let digest = SampleModel.sha256(whole)
        let unfinished = client.cache.layout(plan.id).unfinished(digest)
        for (begun, isRight) in [(Array(whole[..<100_000]), true), ([UInt8](repeating: 7, count: 100_000), false)] {
            try LocalFolder.make(unfinished.folder)
            try LocalOutput(unfinished).write(begun)
            let plan = try client.plan(ModelID("test/good"))
            #expect(plan.missingBytes == plan.bytes - 100_000)
            let folder = try client.pull(plan)
            #expect(try contents(folder, "model.safetensors") == whole, "begun right: \(isRight)")
            #expect(try server.requests().contains { $0.range == "bytes=100000-" })
            try CacheRemoval.all(client.cache, "test/good")
        }
    }

    @Test func waitsAsLongAsItIsAskedTo() async throws {
        let server = try await HubServer()
        let (client, told) = try server.client()
        _ = try client.get("test/busy")
        #expect(told.waits == [7, 7, 7, 7])
        let error = refusal { _ = try client.get("test/crowded") }
        #expect(
            error?.code == .tryLater && error?.message.contains("86400 seconds") == true, "\(String(describing: error))"
        )
    }

    /// Each with the code and the words that say what to do, and without a file in the cache.
    @Test(arguments: [
        ("unauthorised", HubError.Code.noPermission, "give a token"), ("gated", .noPermission, "accept its terms"),
        ("missing", .notFound, "check the name"), ("good@nowhere", .notFound, "no revision nowhere"),
        ("wrong-size", .badData, "the hub lists it with"), ("wrong-digest", .badData, "its digest is another"),
        ("endless", .badData, "goes on beyond"), ("flood", .badData, "answers with more than"),
        ("escape", .badData, "leads out of its folder"), ("circle", .badData, "leads on and on"),
        ("clear", .badData, "not encrypted"),
    ])
    func whatCannotBeHadSaysWhy(repository: String, code: HubError.Code, words: String) async throws {
        let server = try await HubServer()
        let (client, _) = try server.client()
        let error = refusal { _ = try client.get("test/\(repository)") }
        #expect(error?.code == code && error?.message.contains(words) == true, "\(String(describing: error))")
        #expect(error?.message.contains("s3cret") == false && error?.message.contains("\u{1B}") == false)
        let id = try ModelID("test/\(repository)")
        #expect(try client.cache.folder(of: id) == nil)
        let blobs = (try? LocalFolder.names(in: client.cache.layout(id).blobs).map(\.text)) ?? []
        #expect(!blobs.contains { $0.utf8.count == 64 }, "\(blobs)")
    }

    @Test func aTokenOpensWhatIsNotPublic() async throws {
        let server = try await HubServer()
        for name in ["unauthorised", "gated"] {
            _ = try server.client(token: HubServer.token).client.get("test/\(name)")
            let error = refusal {
                _ = try server.client(token: "hf_other", home: server.folder + "/b").client.get("test/\(name)")
            }
            #expect(
                error?.code == .noPermission && error?.message.contains("token") == true, "\(String(describing: error))"
            )
            #expect(error?.message.contains("hf_other") == false)
        }
    }

    @Test func listsComeByPagesAndNamesChange() async throws {
        let server = try await HubServer()
        let (client, _) = try server.client()
        for name in ["pages", "renamed"] {
            let folder = try client.get("test/\(name)@refs/pr/1")
            #expect(try ModelCache.missing(in: folder).isEmpty)
            #expect(try client.cache.commit(of: ModelID("test/\(name)@refs/pr/1")) == HubServer.commit)
        }
    }

    @Test func picklesComeOnlyWhenTheyAreNamed() async throws {
        let server = try await HubServer()
        let (client, _) = try server.client()
        let folder = try client.get("test/good", including: ["*.bin", "README*"])
        #expect(try contents(folder, "pytorch_model.bin") == server.files["pytorch_model.bin"])
        let error = refusal { _ = try client.get("test/good", including: ["*.gguf"]) }
        #expect(error?.code == .notFound && error?.message.contains("*.gguf") == true)
    }

    @Test func whoeverIsNotKnownIsNotTrusted() async throws {
        let server = try await HubServer()
        var environment = server.environment()
        environment["SSL_CERT_FILE"] = nil
        let settings = try HubSettings(environment: environment, home: nil)
        let client = HubClient(settings, transport: try CurlTransport(settings.transport), wait: { _ in })
        let error = refusal { _ = try client.get("test/good") }
        #expect(error?.code == .unavailable && error?.message.contains("cannot be trusted") == true)
        #expect(try server.requests().isEmpty)
    }
}

enum CacheRemoval {
    static func all(_ cache: ModelCache, _ name: String) throws {
        _ = try cache.remove(ModelID(name), allRevisions: true)
    }
}
