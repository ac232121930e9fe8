import Evaluation
import Foundation
import LocalFiles
import Testing
import VLM

private func row(_ thing: String, fired: [String], named: [String], identifier: String) -> PhotoRow {
    PhotoRow(
        thing: thing, photo: "04.jpg", identifier: identifier, fired: fired, score: 0.5, threshold: 0.5, caption: "",
        named: named, frozenCaption: "", equalsFrozen: nil, seconds: 1)
}

/// Three concepts, four photos: one right, one right with a false alarm, one taken for another, one missed.
@Test(.timeLimit(.minutes(10))) func figuresFollowTheirDefinitions() throws {
    let measures = QualityMeasures(
        rows: [
            row("mug", fired: ["mug"], named: ["Zibo"], identifier: "Zibo"),
            row("mug", fired: ["mug", "hat"], named: ["Zibo", "Tavu"], identifier: "Zibo"),
            row("hat", fired: ["mug"], named: ["Zibo"], identifier: "Tavu"),
            row("cup", fired: [], named: [], identifier: "Kelmo"),
        ], concepts: 3)
    #expect(measures.headSensitivity == 2.0 / 4)
    #expect(measures.headSpecificity == 6.0 / 8)
    #expect(measures.identifierRecall == 2.0 / 4)
    #expect(measures.identifierPrecision == 2.0 / 4)
}

/// A source that said nothing missed; one that the model does not have is not measured.
@Test(.timeLimit(.minutes(10))) func boxesAreComparedWithTheTrueOnes() {
    func placed(_ told: [String: [Float]]?) -> PhotoRow {
        var row = row("mug", fired: ["mug"], named: [], identifier: "Zibo")
        row.place = told.map { PlaceRow(truth: [0, 0, 10, 10], told: $0) }
        return row
    }
    let measures = QualityMeasures(
        rows: [
            placed(["head": [0, 0, 10, 5], "attention": [], "photo": [0, 0, 20, 20]]),
            placed(["head": [20, 20, 5, 5], "attention": [0, 0, 10, 10], "photo": [0, 0, 10, 20]]), placed(nil),
        ], concepts: 1)
    #expect(measures.boxOverlap("head") == 0.25 && measures.boxOverlap("attention") == 0.5)
    #expect(measures.boxOverlap(PlaceRow.wholePhoto) == (0.25 + 0.5) / 2)
    #expect(measures.boxOverlap("words") == nil)
    #expect(QualityMeasures(rows: [placed(nil)], concepts: 1).boxOverlap("head") == nil)
}

@Test(.timeLimit(.minutes(10))) func nothingMeasuredIsNoFigure() {
    let none = QualityMeasures(rows: [], concepts: 1)
    #expect(none.headSensitivity == nil && none.headSpecificity == nil)
    #expect(none.identifierRecall == nil && none.identifierPrecision == nil)
    #expect(median([]) == nil)
    #expect(median([3, 1, 2]) == 2)
    #expect(median([4, 1, 2, 3]) == 2.5)
}

/// Only photos that fired and were described count; the name is no word, and the noun is one of the owner's.
@Test(.timeLimit(.minutes(10))) func wordsBesideTheNameAreComparedWithTheOwners() {
    func described(_ caption: String, frozen: String, fired: Bool = true, by owner: [String]) -> PhotoRow {
        var row = row("mug", fired: fired ? ["mug"] : [], named: [], identifier: "Zibo")
        row.caption = caption
        row.frozenCaption = frozen
        row.references = owner
        row.classNoun = "mug"
        return row
    }
    let rows = [
        described("Zibo on a red table", frozen: "a mug on a chair", by: ["{concept} stands on the tables"]),
        described("Zibo's handle near a window", frozen: "a dog", by: ["a photo of {concept}"]),
        described("Zibo in the snow", frozen: "snow", fired: false, by: ["{concept} in the grass"]),
        described("Zibo in the snow", frozen: "snow", by: []),
    ]
    let own = PersonalTruth(rows: rows, of: \.caption)
    #expect(own.precision == 1.0 / 3, "of table, handle and window the table is the owner's; colours are not counted")
    #expect(own.words == 1.5)
    let frozen = PersonalTruth(rows: rows, of: \.frozenCaption)
    #expect(frozen.precision == 1.0 / 3, "mug is right, chair and dog are not")
    #expect(PersonalTruth(rows: [], of: \.caption).precision == nil)
    #expect(PersonalTruth(rows: [], of: \.caption).words == nil)
}

@Test(.timeLimit(.minutes(10))) func wordsHaveBoundaries() {
    #expect(holds("A cat, sitting.", anyOf: ["cat"]))
    #expect(!holds("a category of dogs", anyOf: ["cat"]))
    #expect(holds("Zibo's cup", anyOf: ["zibo's"]))
    #expect(holds("a stuffed  animal", anyOf: ["stuffed animal"]))
    #expect(!holds("stuffed by an animal", anyOf: ["stuffed animal"]))
    #expect(!holds("", anyOf: ["", "x"]))
}

@Test(.timeLimit(.minutes(10))) func identifiersDiffer() {
    let all = (0..<Identifiers.count).map(Identifiers.identifier)
    #expect(Set(all.map { $0.lowercased() }).count == all.count)
    #expect(all.first == "Zibo")
}

@Test(.timeLimit(.minutes(10))) func foldersAreReadByName() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "things-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    for (name, count) in [("mug", 6), ("duck", 4), ("empty", 0)] {
        let folder = root.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for photo in 0..<count { try Data([1]).write(to: folder.appending(path: "0\(photo).jpg")) }
    }
    try Data(#"{"mug": {"class_noun": "mug", "images": {"01.jpg": ["{concept} on a table"]}}}"#.utf8)
        .write(to: root.appending(path: "captions.json"))
    let things = try ThingFolder.read(LocalPath(root.path(percentEncoded: false)))
    #expect(things.map(\.name) == ["duck", "mug"])
    let split = EvaluationSplit(things: things, shots: 4, seeds: 2, seed: 1)
    let first = split.rounds[0].things
    #expect(first["duck"]?.tested == ["03.jpg"], "four photos: one is kept for the test")
    #expect(first["mug"]?.enrolled == ["00.jpg", "01.jpg", "02.jpg", "03.jpg"])
    #expect(first["mug"]?.tested == ["04.jpg", "05.jpg"])
    #expect(things[1].photos[1].captions == ["{concept} on a table"])
    #expect(things[1].classNoun == "mug" && things[0].kind == "object")
    #expect(things.flatMap(\.photos).allSatisfy { $0.box == nil })
}

@Test(.timeLimit(.minutes(10))) func boxesOfPhotosAreRead() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "boxes-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    let folder = root.appending(path: "mug")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for photo in 0..<2 { try Data([1]).write(to: folder.appending(path: "\(photo).png")) }
    func read(_ box: String) throws -> [Thing] {
        try Data(#"{"mug": {"boxes": {"1.png": \#(box)}}}"#.utf8).write(to: root.appending(path: "captions.json"))
        return try ThingFolder.read(LocalPath(root.path(percentEncoded: false)))
    }
    let photos = try read("[3, 4.5, 20, 10]")[0].photos
    #expect(photos[0].box == nil && photos[1].box == PictureBox(x: 3, y: 4.5, width: 20, height: 10))
    for wrong in ["[]", "[1, 2, 3]", "[1, 2, 3, 4, 5]", "[1, 2, 0, 4]", "[1, 2, 3, -4]", "[1, 2, 3, \"4\"]", "7"] {
        let error = #expect(throws: EvaluationError.self) { try read(wrong) }
        #expect(error?.code == .badInput && error?.message.contains("captions.json") == true, "\(wrong)")
    }
}

@Test(.timeLimit(.minutes(10))) func splitsNeverShareAPhoto() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "split-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    let folder = root.appending(path: "mug")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for photo in 0..<7 { try Data([1]).write(to: folder.appending(path: "\(photo).png")) }
    let things = try ThingFolder.read(LocalPath(root.path(percentEncoded: false)))
    let split = EvaluationSplit(things: things, shots: 2, seeds: 6, seed: 9)
    try split.check(against: things)
    #expect(split == EvaluationSplit(things: things, shots: 2, seeds: 6, seed: 9), "the seed decides")
    #expect(Set(split.rounds.map(\.seed)).count == 6)
    #expect(Set(split.rounds.map { $0.things["mug"]?.enrolled ?? [] }).count > 2, "rounds differ")
    let written = root.appending(path: "s.json")
    try JSONEncoder().encode(split).write(to: written)
    #expect(try EvaluationSplit(contentsOf: written.path(percentEncoded: false)) == split)
    let leaking = String(decoding: try JSONEncoder().encode(split), as: UTF8.self)
        .replacing("\"tested\":[", with: "\"tested\":[\"0.png\",\"1.png\",")
    try Data(leaking.utf8).write(to: written)
    #expect(throws: EvaluationError.self) {
        try EvaluationSplit(contentsOf: written.path(percentEncoded: false)).check(against: things)
    }
    #expect(throws: EvaluationError.self) { try EvaluationSplit(contentsOf: root.path(percentEncoded: false) + "x") }
}
