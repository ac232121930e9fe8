import Foundation
package import LocalFiles

/// A photo with what people said of it.
package struct TruthPhoto: PhotoFile {
    /// A question and a person's answer.
    package struct Question: Sendable, Equatable {
        package let text: String
        package let answer: String
    }

    package let file: LocalPath
    package let captions: [String]
    package let questions: [Question]
}

/// A photo that is not measured.
package struct SkippedPhoto: Sendable, Equatable {
    /// The file's name, as carried text.
    package let name: String
    package let why: String
}

/// Reads a folder with `images/` and `captions.json`, `questions.json` or both.
package struct TruthFolder: Sendable {
    /// Those of which people said something, by name.
    package private(set) var photos: [TruthPhoto] = []
    /// Those of which nobody did, or which are not there.
    package private(set) var skipped: [SkippedPhoto] = []
    /// Captions without an English word and entries of another form.
    package private(set) var unusableCaptions = 0
    /// The same of questions and their answers; also those longer than the service takes.
    package private(set) var unusableQuestions = 0
    /// The files of captions and questions that are there.
    package private(set) var sources: [LocalPath] = []

    /// Characters of a question that the service takes.
    private static let longestQuestion = 1_000
    /// Bytes of a file of captions or questions.
    private static let largestFile = 256 << 20

    /// Reads what the options name, without any picture. Throws `missing` and `badInput` where nothing could be measured.
    package init(_ options: TruthOptions) throws(EvaluationError) {
        let root = LocalPath(options.data)
        guard FileStatus(root)?.kind == .folder else {
            throw EvaluationError(.missing, "\(root.shown): no such folder")
        }
        let folder = root.appending("images")
        let files = try EvaluationError.reading { () throws(LocalFileError) in try LocalFolder.names(in: folder) }
        let captions: [String: Entry<[String]>]? = try read(root, "captions.json", form: "{photo: [caption]}")
        let questions: [String: Entry<[AskedQuestion]>]? = try read(
            root, "questions.json", form: "{photo: [{question, answer}]}")
        guard captions != nil || questions != nil else {
            throw EvaluationError(.missing, "\(root.shown) holds neither captions.json nor questions.json")
        }
        var names: [String]
        if let photos = options.photos {
            names = Set(try PhotoList.read(LocalPath(photos))).sorted()
        } else {
            let there = files.filter(PhotoName.isOne).map(\.text)
            names = Set(there).union((captions ?? [:]).keys).union((questions ?? [:]).keys).sorted()
        }
        if let limit = options.limit { names = Array(names.prefix(limit)) }
        for name in names { add(name, in: folder, captions: captions?[name], questions: questions?[name]) }
        guard !photos.isEmpty else {
            throw EvaluationError(
                .badInput,
                skipped.first.map {
                    "none of the \(skipped.count) photos can be measured; \(CarriedText.shown($0.name)) \($0.why)"
                } ?? "\(root.shown) names no photo; put photos into images/ and what they show into captions.json")
        }
    }

    private mutating func add(
        _ name: String, in folder: LocalPath, captions: Entry<[String]>?, questions: Entry<[AskedQuestion]>?
    ) {
        let file = folder.appending(name)
        // A name is no way out of the folder, and a pipe would be waited for.
        guard !name.contains("/"), FileStatus(file)?.kind == .plain else {
            skipped.append(SkippedPhoto(name: name, why: "is no file in images/"))
            return
        }
        let photo = TruthPhoto(file: file, captions: usable(captions), questions: usable(questions))
        if photo.captions.isEmpty, photo.questions.isEmpty {
            skipped.append(SkippedPhoto(name: name, why: "has no caption and no question that can be used"))
        } else {
            photos.append(photo)
        }
    }

    private mutating func usable(_ entry: Entry<[String]>?) -> [String] {
        guard let entry else { return [] }
        let usable = (entry.value ?? []).filter { !CaptionWords.words(of: $0).isEmpty }
        unusableCaptions += (entry.value?.count ?? 1) - usable.count
        return usable
    }

    private mutating func usable(_ entry: Entry<[AskedQuestion]>?) -> [TruthPhoto.Question] {
        guard let entry else { return [] }
        let usable = (entry.value ?? []).filter { asked in
            !CaptionWords.words(of: asked.question).isEmpty && asked.question.count <= Self.longestQuestion
                && AnswerWord.first(of: asked.answer) != nil
        }
        unusableQuestions += (entry.value?.count ?? 1) - usable.count
        return usable.map { TruthPhoto.Question(text: $0.question, answer: $0.answer) }
    }

    /// nil where there is no such file.
    private mutating func read<Value: Decodable>(
        _ root: LocalPath, _ name: String, form: String
    ) throws(EvaluationError) -> [String: Entry<Value>]? {
        let file = root.appending(name)
        guard FileStatus(itself: file) != nil else { return nil }
        let bytes = try EvaluationError.reading { () throws(LocalFileError) in
            try LocalInput.contents(of: file, limit: Self.largestFile)
        }
        sources.append(file)
        do {
            return try JSONDecoder().decode([String: Entry<Value>].self, from: Data(bytes))
        } catch {
            throw EvaluationError(.badInput, "\(file.shown) is no JSON of the form \(form)", cause: error)
        }
    }
}

/// As questions.json has it.
private struct AskedQuestion: Decodable {
    let question: String
    let answer: String
}

/// What a file says of one photo; nil where it is of another form, which is counted and spoils no other photo.
private struct Entry<Value: Decodable>: Decodable {
    let value: Value?

    init(from decoder: any Decoder) {
        value = try? Value(from: decoder)
    }
}

/// A file that names photos.
package enum PhotoList {
    private static let largestFile = 64 << 20

    /// Names of a JSON array, or of lines where the file begins otherwise. Throws `missing`, and `badInput` for an array of
    /// anything but names and for a file without any.
    package static func read(_ file: LocalPath) throws(EvaluationError) -> [String] {
        let bytes = try EvaluationError.reading { () throws(LocalFileError) in
            try LocalInput.contents(of: file, limit: largestFile)
        }
        let text = CarriedText.decode(bytes)
        var names: [String]
        if text.first(where: { !$0.isWhitespace }) == "[" {
            do {
                names = try JSONDecoder().decode([String].self, from: Data(bytes))
            } catch {
                throw EvaluationError(.badInput, "\(file.shown) is no JSON array of names", cause: error)
            }
        } else {
            names = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        names.removeAll(where: \.isEmpty)
        guard !names.isEmpty else { throw EvaluationError(.badInput, "\(file.shown) names no photo") }
        return names
    }
}
