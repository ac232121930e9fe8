import Evaluation
import Foundation
import LocalFiles
import Testing

/// What cannot be used is left out and counted; what leaves nothing is told.
@Suite(.timeLimit(.minutes(10))) struct TruthFolderTests {
    private func code(_ options: TruthOptions) -> EvaluationError.Code? {
        do {
            _ = try TruthFolder(options)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func photosCountForWhatPeopleSaid() throws {
        let folder = try TruthFolders()
        defer { folder.remove() }
        for name in ["both.png", "captions.png", "questions.png", "silent.png", "spoilt.png", ".hidden.png"] {
            try folder.add(name)
        }
        try folder.add("notes.txt", Array("no photo".utf8))
        try FileManager.default.createDirectory(
            at: folder.root.appending(path: "images/folder.png"), withIntermediateDirectories: true)
        try folder.write(
            """
            {"both.png": ["A cup.", "", " ?! ", "чашка"], "captions.png": ["A dog"], "gone.png": ["A cat"],
             "spoilt.png": "no list", "../captions.json": ["A way out"], "folder.png": ["A folder"], "silent.png": []}
            """, to: "captions.json")
        try folder.write(
            """
            {"both.png": [{"question": "Is it?", "answer": "yes"}, {"question": "这是什么？", "answer": "杯子"},
                          {"question": "What?", "answer": ""}, {"question": "\(String(repeating: "a", count: 1_001))",
                          "answer": "no"}],
             "questions.png": [{"question": "How many?", "answer": "2"}],
             "spoilt.png": [{"question": "No answer?"}]}
            """, to: "questions.json")

        let read = try TruthFolder(folder.options)
        #expect(read.photos.map(\.name) == ["both.png", "captions.png", "questions.png"])
        #expect(read.photos.map(\.captions) == [["A cup."], ["A dog"], []])
        #expect(read.photos.map { $0.questions.map(\.text) } == [["Is it?"], [], ["How many?"]])
        #expect(
            read.skipped.map(\.name) == ["../captions.json", "folder.png", "gone.png", "silent.png", "spoilt.png"])
        #expect(read.unusableCaptions == 4, "three of one photo, an entry that is no list")
        #expect(read.unusableQuestions == 4, "three of one photo, an entry without an answer")
        #expect(read.sources.map { $0.name.text } == ["captions.json", "questions.json"])
    }

    @Test func oneOfBothFilesIsEnough() throws {
        let folder = try TruthFolders()
        defer { folder.remove() }
        try folder.add("a.png")
        #expect(code(folder.options) == .missing, "nobody said anything")
        try folder.write(#"{"a.png": [{"question": "Is it?", "answer": "no"}]}"#, to: "questions.json")
        #expect(try TruthFolder(folder.options).photos.first?.captions == [])
        try folder.write(#"{"a.png": ["A cup"]}"#, to: "captions.json")
        try FileManager.default.removeItem(at: folder.root.appending(path: "questions.json"))
        #expect(try TruthFolder(folder.options).photos.first?.questions == [])
    }

    @Test(arguments: ["", "no JSON", "[1, 2]", "{\"a.png\": [\"cut", "{\"a.png\": []}", "{}", "\u{0}"])
    func whatLeavesNothingIsTold(captions: String) throws {
        let folder = try TruthFolders()
        defer { folder.remove() }
        try folder.add("a.png")
        try folder.write(captions, to: "captions.json")
        #expect(code(folder.options) == .badInput)
    }

    @Test func foldersThatAreNoneAreTold() throws {
        let folder = try TruthFolders()
        defer { folder.remove() }
        try folder.write("{}", to: "captions.json")
        #expect(code(folder.options) == .badInput, "no photo")
        try FileManager.default.removeItem(at: folder.root.appending(path: "images"))
        #expect(code(folder.options) == .missing)
        folder.remove()
        #expect(code(folder.options) == .missing)
        #expect(code(TruthOptions(data: "", model: "")) == .missing)
    }

    @Test(arguments: ["b.png\n\n  c.png\r\nb.png\ngone.png\n", #" ["c.png", "b.png", "gone.png"]"#])
    func aListChoosesPhotos(list: String) throws {
        let folder = try TruthFolders()
        defer { folder.remove() }
        for name in ["a.png", "b.png", "c.png"] { try folder.add(name) }
        try folder.write(#"{"a.png": ["A"], "b.png": ["A"], "c.png": ["A"]}"#, to: "captions.json")
        try folder.write(list, to: "list")
        var options = folder.options
        options.photos = folder.file("list")
        var read = try TruthFolder(options)
        #expect(read.photos.map(\.name) == ["b.png", "c.png"])
        #expect(read.skipped.map(\.name) == ["gone.png"])
        options.limit = 1
        read = try TruthFolder(options)
        #expect(read.photos.map(\.name) == ["b.png"] && read.skipped.isEmpty)
    }

    @Test(arguments: ["", "\n \n", "[]", "[1]", "[\"a.png\"", "gone.png"])
    func listsThatChooseNothingAreTold(list: String) throws {
        let folder = try TruthFolders()
        defer { folder.remove() }
        try folder.add("a.png")
        try folder.write(#"{"a.png": ["A"]}"#, to: "captions.json")
        try folder.write(list, to: "list")
        var options = folder.options
        options.photos = folder.file("list")
        #expect(code(options) == .badInput)
        options.photos = folder.file("no list")
        #expect(code(options) == .missing)
    }
}
