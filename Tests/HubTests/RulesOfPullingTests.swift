import Foundation
import Hub
import LocalFiles
import Testing

/// Which files, how large, how long: decided without a network.
@Suite(.timeLimit(.minutes(10))) struct RulesOfPullingTests {
    private let id: ModelID

    init() throws { id = try ModelID("owner/name") }

    private func files(_ paths: String...) throws -> [RepositoryFile] {
        try paths.map { try RepositoryFile(path: $0, size: 10, digest: .gitBlob(String(repeating: "a", count: 40))) }
    }

    @Test func onlyWhatAModelNeedsIsTaken() throws {
        let sharded = try files(
            "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
            "config.json", "tokenizer.model", "onnx/config.json", "onnx/model.safetensors", "pytorch_model.bin",
            ".gitattributes",
            "README.md", "consolidated.safetensors", "model.fp32-00001-of-00002.safetensors", "chat_template.jinja")
        #expect(
            try ModelFiles.chosen(sharded, including: [], of: id).map(\.path) == [
                "chat_template.jinja", "config.json", "model.safetensors.index.json", "tokenizer.model",
                "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
            ])
        let one = try sharded + files("model.safetensors", "bank.safetensors")
        #expect(
            try ModelFiles.chosen(one, including: ["onnx/*"], of: id).map(\.path) == [
                "chat_template.jinja", "config.json", "onnx/config.json", "tokenizer.model", "bank.safetensors",
                "model.safetensors", "onnx/model.safetensors",
            ])
    }

    @Test func aRepositoryWithoutAModelIsRefused() throws {
        let pickled = refusal {
            _ = try ModelFiles.chosen(files("config.json", "pytorch_model.bin"), including: [], of: id)
        }
        #expect(pickled?.code == .notFound && pickled?.message.contains("pickled (pytorch_model.bin)") == true)
        let none = refusal { _ = try ModelFiles.chosen(files("model.safetensors"), including: [], of: id) }
        #expect(none?.message.contains("no config.json") == true)
        let pattern = refusal { _ = try ModelFiles.chosen(files("config.json"), including: ["*.gguf"], of: id) }
        #expect(pattern?.message.contains("*.gguf") == true)
        let many = try (0...ModelFiles.most).map {
            try RepositoryFile(path: "\($0).bin", size: 1, digest: .gitBlob(String(repeating: "a", count: 40)))
        }
        #expect(refusal { _ = try ModelFiles.chosen(many, including: ["*"], of: id) }?.code == .usage)
    }

    @Test(arguments: [
        "", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "a\\b", "a\0b", "a\nb",
        String(repeating: "a", count: 256),
        String(repeating: "a/", count: 600) + "a",
    ])
    func namesThatLeadOutOfAFolderAreRefused(path: String) {
        let error = refusal { _ = try RepositoryFile(path: path, size: 1, digest: .gitBlob("")) }
        #expect(error?.code == .badData && error?.message.contains("nothing was fetched") == true, "\(path)")
    }

    @Test func sizesThatCannotBeAreRefused() {
        for size in [-1, RepositoryFile.largest + 1] {
            #expect(refusal { _ = try RepositoryFile(path: "a", size: size, digest: .gitBlob("")) }?.code == .badData)
        }
    }

    @Test func numbersAreCountedFromHeaders() throws {
        let file = SampleModel.safetensors()
        let length = try #require(WeightCensus.headerLength(Array(file[..<8])))
        var census = WeightCensus()
        let isRead = census.add(header: Array(file[8..<8 + length]))
        #expect(isRead)
        #expect(census.language == 51_200 && census.vision == 4_096 && census.storedBytes == 4 * 51_200 + 2 * 4_096)
        #expect(census.memory.map(\.dtype) == ["f32", "bf16", "int8", "q4"])
        #expect(census.memory.map(\.bytes) == [221_184, 110_592, 54_400 + 8_192, 32_000 + 8_192])
    }

    /// What a folder's weights will take, before any is read.
    @Test func aFoldersWeightsAreReckonedFromItsHeaders() throws {
        let folder = NSTemporaryDirectory() + "myvlm-census-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        #expect(WeightCensus.bytes(inFolder: folder, dtype: nil) == 0)
        try Data(SampleModel.safetensors()).write(to: URL(filePath: folder + "/model.safetensors"))
        try Data(#"{"model_type": "llava"}"#.utf8).write(to: URL(filePath: folder + "/config.json"))
        let bytes = [nil, "f32", "bf16", "int8", "q8_0", "q4"].map {
            WeightCensus.bytes(inFolder: folder, dtype: $0)
        }
        #expect(bytes == [212_992, 221_184, 110_592, 62_592, 62_592, 40_192])
        // The face parts come on top; the same weights once more as a pickle do not.
        try Data(count: 70).write(to: URL(filePath: folder + "/faces.dat"))
        try Data(count: 9_000).write(to: URL(filePath: folder + "/pytorch_model.bin"))
        #expect(WeightCensus.bytes(inFolder: folder, dtype: "q4") == 40_192 + 70)
        // Parts of another kind count as they are, and what is beside them too.
        try Data(count: 1_000).write(to: URL(filePath: folder + "/weights.gguf"))
        try Data(count: 5).write(to: URL(filePath: folder + "/cut.safetensors"))
        #expect(WeightCensus.bytes(inFolder: folder, dtype: "q4") == 212_992 + 1_075)
        // Without safetensors a pickle is the model.
        try FileManager.default.removeItem(atPath: folder + "/model.safetensors")
        try FileManager.default.removeItem(atPath: folder + "/weights.gguf")
        #expect(WeightCensus.bytes(inFolder: folder, dtype: nil) == 9_000 + 75)
        #expect(WeightCensus.bytes(inFolder: folder + "/nowhere", dtype: nil) == 0)
    }

    @Test func headersThatAreNoneCountNothing() {
        var census = WeightCensus()
        for text in [
            "", "[]", #"{"a": {"dtype": "F32", "shape": [-1]}}"#,
            #"{"a": {"dtype": "F32", "shape": [4611686018427387904, 4]}}"#,
        ] {
            let isRead = census.add(header: Array(text.utf8))
            #expect(!isRead, "\(text)")
        }
        #expect(census == WeightCensus())
        #expect(WeightCensus.headerLength([1, 2, 3]) == nil)
        #expect(WeightCensus.headerLength([UInt8](repeating: 0xFF, count: 8)) == nil)
        #expect(WeightCensus.headerLength([1, 0, 0, 0, 0, 0, 0, 0]) == nil)
    }

    @Test func triesBecomeRareAndEnd() {
        var rule = RetryRule()
        #expect((0..<5).map { _ in rule.pause(after: .cut, gained: false) } == [1, 2, 4, 8, nil])
        var gaining = RetryRule()
        for _ in 0..<RetryRule.most - 1 { #expect(gaining.pause(after: .cut, gained: true) == 0) }
        #expect(gaining.pause(after: .cut, gained: true) == nil, "a byte a try holds nobody for ever")
        var away = RetryRule()
        #expect((0..<2).map { _ in away.pause(after: .unreachable, gained: false) } == [1, nil])
        var told = RetryRule()
        #expect(told.pause(after: .refused(status: 429, wait: 120), gained: false) == 120)
        #expect(told.pause(after: .refused(status: 429, wait: 100_000), gained: false) == nil)
        #expect(told.pause(after: .refused(status: 503, wait: nil), gained: false) == 4)
    }

    @Test func whatDoesNotFitIsToldBefore() throws {
        let file = try RepositoryFile(path: "config.json", size: 1_000_000_000, digest: .gitBlob(""))
        let plan = PullPlan(
            id: id, commit: String(repeating: "c", count: 40), files: [PullPlan.File(file: file, held: 400_000_000)],
            modelType: "llava", census: nil, folder: LocalPath("/cache"), isCustom: false)
        #expect(plan.missingBytes == 600_000_000)
        try plan.checkRoom(free: 1_000_000_000)
        for free in [0, 599_999_999, 610_000_000] {
            let error = refusal { try plan.checkRoom(free: free) }
            #expect(error?.code == .storageFull && error?.message.contains("600 MB more") == true)
        }
        #expect(plan.lines.contains("600 MB of 1.0 GB to fetch, into /cache"), "\(plan.lines)")
    }

    @Test func ratesAreOfTheLastSeconds() {
        var rate = TransferRate()
        #expect(rate.perSecond == nil && rate.seconds(for: 10) == nil)
        for second in 0...20 { rate.note(second * 1_000, at: .seconds(second)) }
        #expect(rate.perSecond == 1_000 && rate.seconds(for: 4_500) == 5)
        for second in 21...60 { rate.note(20_000, at: .seconds(second)) }
        #expect(rate.perSecond == 0 && rate.seconds(for: 1) == nil)
        for step in 0..<20_000 { rate.note(20_000 + step, at: .seconds(70) + .milliseconds(step)) }
        #expect((900...1_100).contains(rate.perSecond ?? 0), "\(String(describing: rate.perSecond))")
    }

    @Test func progressIsALineNowAndThen() {
        var log = PullMeter(total: 1_000_000, isTerminal: false)
        #expect(
            log.take(.began(path: "a\u{1B}b", size: 1_000_000, from: 10), at: .zero)
                == .line("fetching a\\x1Bb, 1.0 MB, from byte 10 on"))
        let lines = (0...100).compactMap { log.take(.advanced(bytes: $0 * 10_000), at: .seconds($0)) }
        #expect(lines.count == 10 && lines.first == .line("10 % of 1.0 MB, 10 kB/s, 1 min 30 s left"), "\(lines)")
        #expect(lines.last == .line("100 % of 1.0 MB, 10 kB/s"))
        var terminal = PullMeter(total: 1_000_000, isTerminal: true)
        #expect(terminal.take(.began(path: "a", size: 1_000_000, from: 0), at: .zero) == nil)
        let shown = (0..<1_000).compactMap { terminal.take(.advanced(bytes: $0), at: .milliseconds($0)) }
        #expect(shown.count == 5, "five times a second: \(shown)")
        #expect(terminal.take(.advanced(bytes: 1_000_000), at: .seconds(1)) == .over("100 % of 1.0 MB, 1.0 MB/s  a"))
        #expect(
            terminal.take(.waiting(seconds: 7, reason: "busy"), at: .seconds(2)) == .line("busy; trying again in 7 s"))
    }

    @Test func sizesAndTimesAreReadable() {
        #expect(
            [0, 999, 1_000, 1_550, 513_000_000, 9_960_000_000, 2_000_000_000_000].map(ByteText.size) == [
                "0 bytes", "999 bytes", "1.0 kB", "1.6 kB", "513 MB", "10 GB", "2.0 TB",
            ])
        #expect([0, 59, 200, 7_500].map(ByteText.time) == ["0 s", "59 s", "3 min 20 s", "2 h 5 min"])
    }

    /// The one place that says what `--model X` means.
    @Test func whatModelMeans() throws {
        let there: Set<String> = ["pocket", "a/b", "/srv/m=1", "x=y"]
        func read(_ text: String) throws -> ModelReference { try ModelReference(text) { there.contains($0) } }
        #expect(try read("pocket") == read("pocket") && read("pocket").place == .local("pocket"))
        #expect(try read("a/b").place == .local("a/b"), "what is there comes first")
        #expect(try read("c/d@v1").place == .hub(ModelID("c/d@v1")))
        #expect(try read("small=c/d").name == "small" && read("small=c/d").place == .hub(ModelID("c/d")))
        #expect(try read("big=/srv/m=1").place == .local("/srv/m=1") && read("/srv/m=1").name == nil)
        for text in ["nowhere", "/not/there", "./c/d", "../c", "a/b/c", "c/d.git"] {
            #expect(try read(text).place == .local(text), "no hub has it: whoever opens it says that nothing is there")
        }
        #expect(refusal { _ = try read("small=") }?.code == .usage)
        // A path of a configuration has its name beside it.
        #expect(ModelReference.place(ofPath: "x=y") { there.contains($0) } == .local("x=y"))
        #expect(ModelReference.place(ofPath: "c/d@v1") { there.contains($0) }.text == "c/d@v1")
    }
}
