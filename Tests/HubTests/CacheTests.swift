import Foundation
import Hub
import LocalFiles
import Testing

/// The cache as files.
@Suite(.timeLimit(.minutes(10))) struct CacheTests {
    private let id: ModelID

    init() throws { id = try ModelID("owner/name") }

    @Test func itsLayoutIsTheOneOfAllTools() throws {
        let layout = CacheLayout(LocalPath("/c"), "owner/name")
        let digest = ContentDigest.sha256("ab")
        #expect(layout.blob(digest).text == "/c/models--owner--name/blobs/ab")
        #expect(layout.unfinished(digest).text == "/c/models--owner--name/blobs/ab.incomplete")
        #expect(layout.lock(digest).text == "/c/.locks/models--owner--name/ab.lock")
        #expect(layout.ref("refs/pr/1").text == "/c/models--owner--name/refs/refs/pr/1")
        #expect(layout.pointer("c0", "a/b").text == "/c/models--owner--name/snapshots/c0/a/b")
        #expect(CacheLayout.target(of: "a", digest) == "../../blobs/ab")
        #expect(CacheLayout.target(of: "a/b", digest) == "../../../blobs/ab")
        #expect(CacheLayout(LocalPath("/c"), folder: "models--owner--name") == layout)
        for name in ["datasets--a--b", "models--", "models--a--b--c", "models--..--x", ".locks", "version.txt"] {
            #expect(CacheLayout(LocalPath("/c"), folder: name) == nil, "\(name)")
        }
    }

    @Test func whatWasFetchedIsListedVerifiedAndRemoved() throws {
        let model = try ScriptedModel()
        let folder = try model.client.get("owner/name")
        _ = try model.client.get("owner/name@v1")
        let bytes = ScriptedModel.files.reduce(0) { $0 + $1.value.count }
        let listed = try #require(try model.cache.models().first)
        #expect(listed.repository == "owner/name" && listed.bytes == bytes)
        #expect(listed.snapshots.map(\.revisions) == [["main", "v1"]])
        #expect(listed.snapshots.first?.files == 3 && listed.snapshots.first?.missing == [])
        let good = try model.cache.verify(id)
        #expect(good.good == 3 && good.bytes == bytes && good.damaged.isEmpty && good.folder == folder)
        #expect(try model.cache.remove(id, allRevisions: true) == bytes)
        #expect(try model.cache.models().isEmpty)
        #expect(refusal { _ = try model.cache.verify(id) }?.code == .notFound)
        #expect(refusal { _ = try model.cache.remove(id, allRevisions: true) }?.code == .notFound)
    }

    @Test func damageIsFoundWhereverItIs() throws {
        let model = try ScriptedModel()
        let folder = try model.client.get("owner/name").text
        let blob =
            folder + "/" + (try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/model.safetensors"))
        let file = try #require(FileHandle(forUpdatingAtPath: blob))
        try file.seek(toOffset: 100_000)
        try file.write(contentsOf: Data([1, 2, 3]))
        try file.close()
        try FileManager.default.removeItem(
            atPath: folder + "/" + (try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/config.json")))
        try Data("x".utf8).write(to: URL(filePath: folder + "/stray.txt"))
        let found = try model.cache.verify(id)
        #expect(found.good == 1)
        #expect(found.damaged.map(\.path) == ["config.json", "model.safetensors"] && found.added == ["stray.txt"])
        #expect(found.damaged[1].problem.contains("not what the hub gave out"))
        #expect(try model.cache.folder(of: id) == nil, "a link that leads nowhere is no file")
        #expect(try model.cache.model(id)?.snapshots.first?.missing == ["config.json"])
    }

    @Test func aRevisionGoesWithWhatNoOtherOneHas() throws {
        let model = try ScriptedModel()
        let first = try model.client.get("owner/name@v1")
        let layout = model.cache.layout(id)
        // A second commit that shares one file with the first and has one of its own.
        let other = String(repeating: "d", count: 40)
        let shared = try FileManager.default.destinationOfSymbolicLink(atPath: first.text + "/config.json")
        let own = ContentDigest.gitBlob(String(repeating: "9", count: 40))
        try FileManager.default.createDirectory(atPath: layout.snapshot(other).text, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: layout.pointer(other, "config.json").text, withDestinationPath: shared)
        try LocalOutput(layout.blob(own)).write([1, 2, 3])
        try FileManager.default.createSymbolicLink(
            atPath: layout.pointer(other, "own").text, withDestinationPath: CacheLayout.target(of: "own", own))
        let freed = try model.cache.remove(ModelID("owner/name@v1"), allRevisions: false)
        let config = ScriptedModel.files["config.json"]?.count ?? 0
        #expect(freed == ScriptedModel.files.reduce(0) { $0 + $1.value.count } - config)
        #expect(try model.cache.commit(of: ModelID("owner/name@v1")) == nil)
        #expect(try LocalFolder.names(in: layout.blobs).count == 2)
        #expect(try model.cache.remove(ModelID("owner/name@\(other)"), allRevisions: false) == config + 3)
        #expect(try model.cache.models().isEmpty)
    }

    @Test func whatIsBeingFetchedIsNotRemoved() throws {
        let model = try ScriptedModel()
        _ = try model.client.get("owner/name")
        let layout = model.cache.layout(id)
        let lock = layout.lock(SampleModel.gitBlob(ScriptedModel.files["config.json"] ?? [])).text
        let descriptor = open(lock, O_RDWR | O_CLOEXEC)
        try #require(descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        #expect(refusal { _ = try model.cache.remove(id, allRevisions: true) }?.code == .busy)
        close(descriptor)
        #expect(try model.cache.remove(id, allRevisions: true) > 0)
    }

    @Test func anIndexSaysWhichShardsThereMustBe() throws {
        let folder = NSTemporaryDirectory() + "hub-index-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        func missing() throws -> [String] { try ModelCache.missing(in: LocalPath(folder)) }
        #expect(try missing() == ["config.json", "tokenizer.json", "model.safetensors"])
        try write("config.json", "{}")
        try write("spiece.model", "")
        try write(
            "model.safetensors.index.json",
            #"{"weight_map": {"a": "1.safetensors", "b": "2.safetensors", "c": "../x"}}"#)
        #expect(try missing() == ["../x", "1.safetensors", "2.safetensors"])
        try write("1.safetensors", "")
        #expect(try missing() == ["../x", "2.safetensors"])
        try write("model.safetensors.index.json", "{}")
        #expect(refusal { _ = try missing() }?.code == .badData)
        try write("model.safetensors", "")
        #expect(try missing().isEmpty)
    }

    /// Two at a time: one fetches, the other waits and finds it there.
    @Test(.enabled("no python in \(Python.path)", { await Python.has("ssl, http.server") }))
    func twoPullsDoNotMeet() async throws {
        let server = try await HubServer()
        let pulls = (0..<4).map { _ in
            Thread.run { try server.client().client.get("test/cut").text }
        }
        var folders: Set<String> = []
        for pull in pulls { folders.insert(try await pull.value) }
        #expect(folders.count == 1)
        let (client, _) = try server.client()
        #expect(try client.cache.verify(ModelID("test/cut")).damaged.isEmpty)
        let whole = try server.requests().filter { $0.server == "cdn" && $0.range?.hasSuffix("-") != false }
        #expect(whole.count == 3, "cut twice, and fetched once: \(whole)")
    }
}

extension Thread {
    /// Work that blocks, on a thread of its own.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) -> Task<Value, any Error> {
        Task {
            try await withCheckedThrowingContinuation { continuation in
                let thread = Thread { continuation.resume(with: Result { try body() }) }
                thread.start()
            }
        }
    }
}
