import Compute
import Foundation
import Runtime
import Testing
import VLMTestSupport

/// Files that PyTorch wrote in the form of MyVLM's published code (Tools/fixtures_original.py).
@Suite(.timeLimit(.minutes(10))) struct OriginalFilesTests {
    private struct Reference: Decodable {
        let features: [[Float]]
        let probabilities: [Float]
        let values: [String: [Float]]
        let keys: [String: [Float]]
        let person: [Float]
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/original")

    private func file(_ name: String) -> String { Self.folder.appending(path: name).path(percentEncoded: false) }

    private func reference() throws -> Reference {
        try JSONDecoder().decode(Reference.self, from: Data(contentsOf: Self.folder.appending(path: "reference.json")))
    }

    @Test(arguments: ["head-step-500.pt", "head-legacy.pt"])
    func aHeadSaysWhatPyTorchSays(_ name: String) throws {
        let head = try OriginalHead(contentsOf: file(name)).logistic
        let reference = try reference()
        for (feature, probability) in zip(reference.features, reference.probabilities) {
            let logit = zip(head.weight, feature).reduce(head.bias) { $0 + $1.0 * $1.1 }
            #expect(abs(1 / (1 + exp(-logit)) - probability) < 1e-6)
        }
    }

    @Test func everyCheckpointIsRead() throws {
        let embedding = try OriginalEmbedding(contentsOf: file("concept_embeddings_llava_captioning.pt"))
        let reference = try reference()
        #expect(embedding.kind == .object)
        #expect(embedding.checkpoints.map(\.step) == [25, 50, 99])
        for checkpoint in embedding.checkpoints {
            #expect(checkpoint.values.values == reference.values["\(checkpoint.step)"])
            #expect(checkpoint.keys.values == reference.keys["\(checkpoint.step)"])
            #expect(checkpoint.keys.rows == 4 && checkpoint.values.columns == 8)
        }
        let person = try OriginalEmbedding(contentsOf: file("person.pt"))
        #expect(person.kind == .person && person.checkpoints.map(\.step) == [25, 99])
        #expect(Array(person.checkpoints[0].keys.values.prefix(8)) == reference.person)
    }

    @Test func importsAreWrittenAndReadBack() throws {
        let concept = try PortableConcept(
            head: file("head-step-500.pt"), embedding: file("concept_embeddings_llava_captioning.pt"),
            identifier: "sks", classNoun: "mug", model: "llava-v1.6-vicuna-7b")
        #expect(concept.manifest.steps == [25, 50, 99] && concept.manifest.threshold == 0.5)
        #expect(concept.manifest.featureSize == 6 && concept.manifest.hiddenSize == 8)
        #expect(
            concept.manifest.sources.keys.sorted() == ["concept_embeddings_llava_captioning.pt", "head-step-500.pt"])
        let bytes = try concept.encoded()
        #expect(try PortableConcept(decoding: bytes) == concept)
        #expect(try concept.encoded() == bytes, "the same content gives the same bytes")
        let person = try PortableConcept(
            head: nil, embedding: file("person.pt"), identifier: "Anna", classNoun: "woman", model: "blip-2")
        #expect(person.manifest.kind == .person && person.manifest.threshold == 0.675 && person.head == nil)
        #expect(try PortableConcept(decoding: person.encoded()) == person)
        #expect(throws: RuntimeError.self) { try PortableConcept(decoding: Array(bytes.dropLast())) }
        #expect(throws: RuntimeError.self) { try PortableConcept(decoding: [1, 2, 3]) }
    }

    @Test func filesOfAnotherFormAreNamed() throws {
        func message(_ body: () throws -> Void) -> String {
            do {
                try body()
                return ""
            } catch let error as RuntimeError {
                return error.code == .invalidArgument ? error.message : "another code"
            } catch {
                return "another error"
            }
        }
        #expect(message { _ = try OriginalHead(contentsOf: file("other.pt")) }.contains("other.pt"))
        #expect(message { _ = try OriginalEmbedding(contentsOf: file("other.pt")) }.contains("{step: {keys, values}}"))
        #expect(message { _ = try OriginalEmbedding(contentsOf: file("half.pt")) }.contains("step 25 lacks"))
        #expect(message { _ = try OriginalHead(contentsOf: file("nothing.pt")) }.contains("nothing.pt"))
        #expect(
            message {
                _ = try PortableConcept(
                    head: file("head-step-500.pt"), embedding: file("person.pt"), identifier: "Anna", classNoun: "",
                    model: "")
            }.contains("a person has no head"))
    }

    /// Well-formed state dicts that are no embedding are the file's fault, whatever is wrong with them: whole numbers and
    /// a tensor without dimensions had been told as an unexpected error of the program.
    @Test(
        arguments: [
            ("LongStorage", 8, [1, 8], nil), ("FloatStorage", 1, [], nil), ("FloatStorage", 8, [8], nil),
            ("FloatStorage", 8, [2, 2, 2], nil), ("BoolStorage", 8, [1, 8], nil),
            ("ComplexFloatStorage", 8, [1, 8], nil),
            ("FloatStorage", 8, [0, 8], nil), ("FloatStorage", 8, [8, 0], nil), ("FloatStorage", 1, [1, 8], [0, 0]),
            ("NoStorage", 8, [1, 8], nil),
        ] as [(String, Int, [Int], [Int]?)])
    func whatIsNoEmbeddingIsTheFilesFault(_ storage: String, _ count: Int, _ shape: [Int], _ strides: [Int]?) throws {
        var archive = TorchArchive()
        archive.embedding(of: storage, count: count, shape: shape, strides: strides)
        let zeros = [UInt8](repeating: 0, count: 64)
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pt")
        try Data(archive.zipped(["0": zeros, "1": zeros])).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let error = #expect(throws: RuntimeError.self) { try OriginalEmbedding(contentsOf: file.path()) }
        #expect(error?.code == .invalidArgument && error?.message.contains(file.path()) == true)
    }

    /// Many tensors may be views of one storage: a small file that stands for a large concept.
    @Test func aSmallFileIsNoLargeConcept() throws {
        var archive = TorchArchive()
        archive.raw("}")
        let count = 1 << 20
        for step in 0..<20 {
            archive.number(step)
            archive.raw("}")
            for name in ["keys", "values"] {
                archive.text(name)
                archive.tensor("0", of: "FloatStorage", count: count, shape: [count / 2, 2])
                archive.raw("s")
            }
            archive.raw("s")
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).pt")
        try Data(archive.zipped(["0": [UInt8](repeating: 0, count: 4 * count)])).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let error = #expect(throws: RuntimeError.self) { try OriginalEmbedding(contentsOf: file.path()) }
        #expect(error?.message.contains("more numbers together") == true)
    }
}
