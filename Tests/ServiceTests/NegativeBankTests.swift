import Foundation
import Service
import Testing
import VLM
import VLMTestSupport

/// `myvlmd bank`: a published checkpoint becomes one that heads can be trained on.
@Suite(.timeLimit(.minutes(10))) struct NegativeBankTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "VLMTests/Fixtures/checkpoints-hub")

    private func withFolders(_ body: (_ model: URL, _ photos: URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bank-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let (model, photos) = (folder.appending(path: "model"), folder.appending(path: "photos"))
        try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: Self.fixtures.appending(path: "llava/model"), to: model)
        try Data("no picture".utf8).write(to: photos.appending(path: "note.txt"))
        for index in 0..<9 {
            let picture = try TinyPicture.picture(of: UInt64(index)).resized(width: 70, height: 60).encodedPNG()
            try Data(picture).write(to: photos.appending(path: "\(index).png"))
        }
        try body(model, photos)
    }

    @Test func photosBecomeABankAndAnotherOneReplacesIt() throws {
        try withFolders { model, photos in
            var leftOut: [String] = []
            let first = try NegativeBankMaker(model: model.path(), options: ModelOptions())
                .write(photos: photos.path()) { name, _ in leftOut.append(name) }
            #expect(first.count == 9 && first.size == 56)
            #expect(leftOut == ["note.txt"])
            _ = try LoadedModel(directory: model.path())

            // Heads that read an encoder of their own need features of another size.
            let encoder = Self.fixtures.appending(path: "clip/model").path()
            #expect { try LoadedModel(directory: model.path(), options: ModelOptions(headEncoder: encoder)) } throws: {
                ($0 as? ServiceError)?.code == .badData
            }
            let second = try NegativeBankMaker(model: model.path(), options: ModelOptions(headEncoder: encoder))
                .write(photos: photos.path()) { _, _ in }
            #expect(second.count == 9 && second.size == 40)
            _ = try LoadedModel(directory: model.path(), options: ModelOptions(headEncoder: encoder))
        }
    }

    @Test func tooFewPhotosAndUnknownFormatsAreTold() throws {
        try withFolders { model, photos in
            for index in 0..<4 { try FileManager.default.removeItem(at: photos.appending(path: "\(index).png")) }
            #expect {
                try NegativeBankMaker(model: model.path(), options: ModelOptions()).write(photos: photos.path()) {
                    _, _ in
                }
            } throws: {
                ($0 as? ServiceError)?.message.contains("5 photos") ?? false
            }
            #expect {
                try NegativeBankMaker(model: model.path(), options: ModelOptions(numberFormat: "int3"))
            } throws: {
                ($0 as? ServiceError)?.message.contains("int3 is no number format") ?? false
            }
        }
    }
}
