import Client
import Foundation
import LocalFiles
import Terminal

/// Captions for photos: MyVLM's captions.json, {"mug1.jpg": ["zibo on a table", ...]}, or lines of FILE, a tab and a
/// sentence.
enum CaptionsFile {
    /// Sentences with `{concept}` in the place of the name, by the index of their photo. Throws `noInput` without the file
    /// and `invalidArgument` naming the line or photo that cannot be used.
    static func read(_ path: LocalPath, photos: [LocalPath], name: String) throws(MyVLMError) -> [(
        photo: Int, text: String
    )] {
        let bytes: [UInt8]
        do {
            bytes = try LocalInput.contents(of: path, limit: 16 << 20)
        } catch {
            throw MyVLMError(file: error)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MyVLMError(.invalidArgument, "\(path.shown) is not UTF-8 text")
        }
        let isJSON = text.first { !$0.isWhitespace } == "{"
        return isJSON
            ? try json(Data(bytes), path.shown, photos, name) : try lines(text, path.shown, photos)
    }

    private static func json(
        _ data: Data, _ path: String, _ photos: [LocalPath], _ name: String
    ) throws(MyVLMError) -> [(photo: Int, text: String)] {
        let entries: [String: [String]]
        do {
            entries = try JSONDecoder().decode([String: [String]].self, from: data)
        } catch {
            throw MyVLMError(
                .invalidArgument, "\(path) is not of the form {\"photo.jpg\": [\"a sentence\", ...], ...}", cause: error
            )
        }
        var captions: [(photo: Int, text: String)] = []
        // The file may have captions for more photos than are enrolled, as MyVLM's do.
        for (file, sentences) in entries.sorted(by: { $0.key < $1.key }) {
            guard let photo = index(of: file, among: photos) else { continue }
            for sentence in sentences {
                guard let text = placed(sentence, name: name) else {
                    throw MyVLMError(
                        .invalidArgument,
                        "\(path), \(file): \"\(sentence)\" must have \(name) or {concept} once, as a word of its own")
                }
                captions.append((photo, text))
            }
        }
        guard !captions.isEmpty else {
            throw MyVLMError(.invalidArgument, "\(path) has captions for none of the photos given")
        }
        return captions
    }

    /// The sentence with `{concept}` where the name stands; nil unless it stands there once.
    ///
    /// Whole words only: MyVLM's own replacement finds "cat" in "catalog".
    static func placed(_ sentence: String, name: String) -> String? {
        let placeholder = TextRules.placeholder
        if sentence.contains(placeholder) { return sentence }
        func isPart(_ character: Character?) -> Bool { character.map { $0.isLetter || $0.isNumber } ?? false }
        var places: [Range<String.Index>] = []
        var from = sentence.startIndex
        while let range = sentence.range(of: name, options: .caseInsensitive, range: from..<sentence.endIndex) {
            let before =
                range.lowerBound > sentence.startIndex ? sentence[sentence.index(before: range.lowerBound)] : nil
            let after = range.upperBound < sentence.endIndex ? sentence[range.upperBound] : nil
            if !isPart(before), !isPart(after) { places.append(range) }
            from = range.upperBound
        }
        guard places.count == 1 else { return nil }
        return sentence.replacingCharacters(in: places[0], with: placeholder)
    }

    private static func lines(
        _ text: String, _ path: String, _ photos: [LocalPath]
    ) throws(MyVLMError) -> [(photo: Int, text: String)] {
        var captions: [(photo: Int, text: String)] = []
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw MyVLMError(
                    .invalidArgument, "\(path), line \(index + 1): write FILE, a tab and a sentence with {concept}")
            }
            guard let photo = self.index(of: parts[0], among: photos) else {
                throw MyVLMError(
                    .invalidArgument, "\(path), line \(index + 1): \(parts[0]) is none of the photos given")
            }
            captions.append((photo, parts[1]))
        }
        return captions
    }

    /// By the path as given, else by the file's name, as it is or as messages show it: a name that is no UTF-8 cannot be
    /// written into a text.
    private static func index(of file: String, among photos: [LocalPath]) -> Int? {
        photos.firstIndex { $0.text == file }
            ?? photos.firstIndex { $0.name.text == file || $0.name.shown == file }
    }
}
