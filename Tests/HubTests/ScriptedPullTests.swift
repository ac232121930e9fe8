import Foundation
import Foundations
import Hub
import LocalFiles
import Testing

/// What the client does with answers that no server can be made to give on command.
@Suite(.timeLimit(.minutes(10))) struct ScriptedPullTests {
    private static let weights = ScriptedModel.files["model.safetensors"] ?? []

    private static func isWeights(_ request: HubRequest) -> Bool {
        if case .first = request.bytes { return false }
        return request.url.path.hasSuffix("/model.safetensors")
    }

    /// Each answer of the weights ends after a piece, until all has come.
    @Test func whatIsCutAgainAndAgainComesInTheEnd() throws {
        let model = try ScriptedModel { request, _, good in
            guard Self.isWeights(request), good.pieces.count > 1 else { return good }
            var answer = good
            answer.pieces = [good.pieces[0]]
            answer.end = .passing(.cut)
            return answer
        }
        let folder = try model.client.get("owner/name")
        #expect(try LocalInput.contents(of: folder.appending("model.safetensors"), limit: 1 << 20) == Self.weights)
        #expect(model.starts == [0, 50_000, 100_000, 150_000, 200_000])
        #expect(model.told.waits.allSatisfy { $0 == 0 })
    }

    @Test func whatBringsNothingIsGivenUpAndGoesOnLater() throws {
        let model = try ScriptedModel { request, number, good in
            guard Self.isWeights(request) else { return good }
            var answer = good
            answer.pieces = request.bytes == .from(0) ? [good.pieces[0]] : []
            answer.end = .passing(.stalled)
            return answer
        }
        let error = refusal { _ = try model.client.get("owner/name") }
        #expect(error?.code == .unavailable && error?.message.contains("goes on from there") == true)
        #expect(model.told.waits == [0, 1, 2, 4, 8])
        let plan = try model.client.plan(ModelID("owner/name"))
        #expect(plan.files.last?.held == 50_000)
        #expect(try model.cache.folder(of: plan.id) == nil, "no branch leads to half a model")
    }

    /// An answer that ends well, with less than there is.
    @Test func lessThanWasListedIsNoEnd() throws {
        let model = try ScriptedModel { request, _, good in
            guard Self.isWeights(request), good.pieces.count > 1 else { return good }
            var answer = good
            answer.pieces = [good.pieces[0]]
            return answer
        }
        _ = try model.client.get("owner/name")
        #expect(model.starts.count == 5)
    }

    @Test func anotherPartThanWasAskedForIsRefused() throws {
        let model = try ScriptedModel { request, _, good in
            guard Self.isWeights(request) else { return good }
            var answer = good
            answer.status = 206
            answer.headers = [("content-range", "bytes 77-100/\(Self.weights.count)")]
            return answer
        }
        #expect(refusal { _ = try model.client.get("owner/name") }?.code == .badData)
    }

    @Test func aPartOfAnotherFileIsRefused() throws {
        let model = try ScriptedModel { request, _, good in
            guard Self.isWeights(request) else { return good }
            var answer = good
            answer.headers.append(("x-linked-etag", "\"" + String(repeating: "e", count: 64) + "\""))
            return answer
        }
        let error = refusal { _ = try model.client.get("owner/name") }
        #expect(error?.code == .badData && error?.message.contains("another digest") == true)
    }

    @Test func whatIsToldToStopStopsAndStays() throws {
        let model = try ScriptedModel { request, _, good in
            guard Self.isWeights(request) else { return good }
            var answer = good
            answer.pieces = [good.pieces[0]]
            answer.end = .cancelled
            return answer
        }
        #expect(refusal { _ = try model.client.get("owner/name") }?.code == .cancelled)
        #expect(try model.client.plan(ModelID("owner/name")).files.last?.held == 50_000)
    }

    @Test(arguments: [
        ("[]", "names no commit"), (#"{"sha": "../../x"}"#, "names no commit"), ("<html>", "names no commit"),
        (String(repeating: "[", count: 100_000), "names no commit"),
    ])
    func whatIsNoHubIsTold(body: String, words: String) throws {
        let model = try ScriptedModel { _, _, _ in .json(body) }
        let error = refusal { _ = try model.client.get("owner/name") }
        #expect(error?.code == .badData && error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        #"[{"type": "file", "path": "config.json", "size": 1}]"#,
        #"[{"type": "file", "path": "config.json", "size": 1, "oid": "../x"}]"#,
        #"[{"type": "file", "path": "config.json", "oid": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]"#,
        #"[{"type": "file", "path": "config.json", "size": 1, "oid": "a", "lfs": {"oid": "x", "size": 1}}]"#,
        #"{"config.json": 1}"#, "", "[1]",
    ])
    func listsThatAreNoneAreRefused(list: String) throws {
        let model = try ScriptedModel { request, _, good in
            request.url.path.contains("/tree/") ? .json(list) : good
        }
        let error = refusal { _ = try model.client.get("owner/name") }
        #expect(error?.code == .badData && error?.message.contains("list") == true, "\(String(describing: error))")
        #expect(!FileManager.default.fileExists(atPath: model.folder + "/hub"))
    }

    /// A list whose last page leads to a next one, or to another server.
    @Test(arguments: ["/api/models/owner/name/tree/x?cursor=1", "https://evil.example/x"])
    func listsWithoutAnEndAreRefused(next: String) throws {
        let model = try ScriptedModel { request, _, good in
            guard request.url.path.contains("/tree/") else { return good }
            var answer = ScriptedHub.Answer.json("[]")
            answer.headers = [("link", "<\(next)>; rel=\"next\"")]
            return answer
        }
        #expect(refusal { _ = try model.client.get("owner/name") }?.code == .badData)
        #expect(model.hub.requests.count < 1_000 && model.hub.requests.allSatisfy { $0.url.host == "hub.example" })
    }

    /// Bytes of every answer changed, taken out and put in: a refusal, or a model whose every file is right.
    @Test(arguments: 0..<100 as Range<UInt64>)
    func damagedAnswersGiveAWholeModelOrNone(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let model = try ScriptedModel { request, _, good in
            var answer = good
            guard var bytes = answer.pieces.first, random.index(below: 3) == 0 else { return good }
            for _ in 0...random.index(below: 4) where !bytes.isEmpty {
                let place = random.index(below: bytes.count)
                switch random.index(below: 3) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                }
            }
            answer.pieces[0] = bytes
            return answer
        }
        let error = refusal { _ = try model.client.get("owner/name") }
        #expect(error == nil || error?.code == .badData || error?.code == .notFound, "\(String(describing: error))")
        let id = try ModelID("owner/name")
        guard error == nil else { return #expect(model.cache.commit(of: id) == nil) }
        #expect(try model.cache.verify(id).damaged.isEmpty)
        for name in try FileManager.default.subpathsOfDirectory(atPath: model.folder) {
            #expect(name.hasPrefix("hub"), "\(name)")
        }
    }

    @Test func offlineNothingIsAsked() throws {
        let model = try ScriptedModel()
        let id = try ModelID("owner/name")
        let error = refusal { _ = try model.client.folder(of: id, offline: true) { _ in } }
        #expect(error?.code == .notFound && error?.message.contains("myvlmd model pull owner/name") == true)
        #expect(model.hub.requests.isEmpty)
        let folder = try model.client.folder(of: id, offline: false) { _ in }
        let asked = model.hub.requests.count
        #expect(try model.client.folder(of: id, offline: true) { _ in } == folder)
        #expect(try model.client.folder(of: id, offline: false) { _ in } == folder)
        #expect(model.hub.requests.count == asked, "what is there is not asked for")
        let other = try ModelID("owner/name@v2")
        let unwanted = refusal {
            _ = try model.client.folder(of: other, offline: false) { (_) throws(HubError) in
                throw HubError(.badData, "not this one")
            }
        }
        #expect(unwanted?.message == "not this one")
        #expect(model.cache.commit(of: other) == nil)
    }
}
