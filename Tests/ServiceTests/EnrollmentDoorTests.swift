import Foundation
import RPC
import Registry
import Rules
import Runtime
import Service
import Testing

/// One set of rules: what is accepted before the training is accepted after it. An identifier of five words used to be
/// trained for and then refused by the commit.
@Suite(.timeLimit(.minutes(10))) struct EnrollmentDoorTests {
    /// Texts around every bound: lengths in letters and in bytes, words, spaces, and characters of every kind.
    private static let texts: [String] = {
        var texts = [
            "", " ", " a", "a ", "a  b", "one two three", "one two three four", "my blue tea pot", "a/b", "a\\b", ".",
            "..",
            "a\0b", "a\nb", "a\tb", "\u{85}", "a\u{200B}b", "a\u{202E}b", "a\u{A0}b", "\u{2028}", "\u{FEFF}a",
            "\u{FFFD}",
            "\u{E000}", "<|im_end|>", "a<|b", "a|>b", "{concept}", "a{", "a}", "Cafe\u{301}", "Straße", "猫", "🐕",
            "O'Neil",
            "a" + String(repeating: "\u{301}", count: 40), "a" + String(repeating: "\u{301}", count: 500), "a", "is",
            "photo",
        ]
        for length in [1, 21, 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 199, 200, 201, 255, 256, 257, 1_000, 1_001] {
            for letter in ["x", "é", "猫", "🐕", "👨‍👩‍👧"] { texts.append(String(repeating: letter, count: length)) }
            texts.append(String(repeating: "x", count: length / 2) + " " + String(repeating: "y", count: length / 2))
        }
        return texts
    }()

    private enum Field: String, CaseIterable { case name, identifier, classNoun, reason, captions }

    private func request(_ field: Field, _ text: String) -> EnrollRequest {
        var request = EnrollRequest(name: "zibo", kind: .object, classNoun: "mug")
        switch field {
        case .name: request.name = text
        case .identifier: request.identifier = text
        case .classNoun: request.classNoun = text
        case .reason: request.reason = text
        case .captions: request.captions = [PhotoCaption(photo: 0, text: text + " {concept}")]
        }
        return request
    }

    @Test(arguments: ["name", "identifier", "classNoun", "reason"])
    func whatTheDoorAcceptsTheCommitAccepts(field: String) async throws {
        let field = try #require(Field(rawValue: field))
        let folder = NSTemporaryDirectory() + "myvlm-door-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bench = try await EnrollmentBench(folder)
        let enrolled = try await EnrollmentBench.made()
        let door = EnrollmentDoor(registry: bench.registry)
        var (accepted, refused) = (0, 0)
        for (index, text) in Self.texts.enumerated() {
            let request = request(field, text)
            let isAccepted = (try? door.checkForm(request, photos: 1)) != nil
            let identifier = request.identifier.isEmpty ? request.name : request.identifier
            let commit = EnrollmentCommit(
                concept: request.name,
                description: ArtifactDescription(
                    kind: .object, classNoun: request.classNoun.isEmpty ? "mug" : request.classNoun,
                    identifier: identifier, threshold: 0.5, modelDigest: enrolled.manifest.modelDigest, photoCount: 1,
                    trainingRecord: "{}"), artifact: Array("\(field) \(index)".utf8), reason: request.reason)
            do {
                _ = try await bench.registry.commit(commit, by: bench.caller)
                accepted += 1
                // What the training alone refuses is refused at the door too.
                let words = EnrollmentWords(
                    isPerson: false, identifier: identifier, classNoun: request.classNoun, captions: [])
                let isTrained = (try? Enroller.check(words)) != nil
                #expect(isAccepted == isTrained, "\(field) \(text.prefix(40)) (\(text.utf8.count) bytes)")
            } catch {
                refused += 1
                #expect(!isAccepted, "\(field) \(text.prefix(40)) (\(text.utf8.count) bytes): \(error)")
            }
        }
        #expect(accepted > 5 && refused > 5, "\(accepted) accepted, \(refused) refused")
        try bench.registry.close()
    }

    @Test func whatTheDoorAcceptsTheTrainingAccepts() async throws {
        let folder = NSTemporaryDirectory() + "myvlm-door-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let bench = try await EnrollmentBench(folder)
        let door = EnrollmentDoor(registry: bench.registry)
        for caption in ["{concept} on a table", "a {concept}", String(repeating: "x", count: 289) + " {concept}"] {
            var request = request(.name, "zibo")
            request.captions = [PhotoCaption(photo: 0, text: caption)]
            #expect(throws: Never.self, "\(caption.prefix(30))") { try door.checkForm(request, photos: 1) }
            request.captions[0].photo = 1
            #expect(throws: RuleError.self) { try door.checkForm(request, photos: 1) }
        }
        for caption in [
            "", "no placeholder", "{concept} and {concept}", "{concept} is a zibo",
            String(repeating: "x", count: 300) + " {concept}", "{concept}\0",
        ] {
            var request = request(.name, "zibo")
            request.captions = [PhotoCaption(photo: 0, text: caption)]
            #expect(throws: (any Error).self, "\(caption.prefix(30))") { try door.checkForm(request, photos: 1) }
        }
        // The name is the word answers use where no other is given.
        let long = #expect(throws: RuleError.self) {
            try door.checkForm(EnrollRequest(name: "my grandmother's old tea pot"), photos: 1)
        }
        #expect(long?.message.contains("--identifier") == true)
        #expect(throws: Never.self) {
            try door.checkForm(EnrollRequest(name: "my grandmother's old tea pot", identifier: "zibo"), photos: 1)
        }
        try bench.registry.close()
    }

    /// Names of files come from cameras and downloads: they are made fit, not refused after the training.
    @Test func everyFileNameCanBeKept() throws {
        for text in Self.texts {
            let name = NameRules.fileName(text)
            #expect(try NameRules.note(name, what: "a photo's name") == name, "\(text.prefix(40))")
            #expect(!name.isEmpty)
        }
        #expect(NameRules.fileName("/photos/ann/my  mug\n1.jpg") == "my mug 1.jpg")
        #expect(NameRules.fileName("caf\u{FFFD}.jpg") == "caf .jpg" && NameRules.fileName("///") == "the photo")
    }
}
