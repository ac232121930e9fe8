import Foundation

/// The words a sketch can write, and the marks among them.
package struct SketchVocabulary: Sendable {
    /// The first words of every list, in this order.
    enum Mark: Int, CaseIterable {
        case padding, end, caption, question, answer, unknown

        fileprivate var spelling: String {
            switch self {
            case .padding: "<pad>"
            case .end: "<end>"
            case .caption: "<caption>"
            case .question: "<question>"
            case .answer: "<answer>"
            case .unknown: "<unknown>"
            }
        }
    }

    private let words: [String]
    private let numbers: [String: Int]

    /// Reads a JSON array of words. Throws `checkpointMalformed` unless it begins with the marks.
    package init(json: [UInt8], file: String) throws {
        let words = try CheckpointJSON.decode([String].self, from: json, file: file, as: "list of the sketch's words")
        guard words.count > Mark.allCases.count,
            words.prefix(Mark.allCases.count) == ArraySlice(Mark.allCases.map(\.spelling))
        else {
            throw VLMError(.checkpointMalformed, "\(file) does not begin with the sketch's marks")
        }
        self.words = words
        numbers = Dictionary(zip(words, words.indices)) { first, _ in first }
    }

    var count: Int { words.count }

    /// The numbers of the words of a tag, without those that are not known.
    package func numbers(of tag: String) -> [Int] {
        tag.lowercased().split { !("a"..."z").contains($0) && $0 != "-" }.compactMap { numbers[String($0)] }
    }

    /// Whether any of the words stands among the numbers.
    func holds(_ wanted: Set<String>, _ numbers: [Int]) -> Bool { numbers.contains { wanted.contains(words[$0]) } }

    /// A text of words; marks are left out, and "'s" stands at the word before it.
    package func text(_ numbers: [Int]) -> String {
        numbers.filter { $0 >= Mark.allCases.count }.map { words[$0] }.joined(separator: " ")
            .replacing(" 's", with: "'s")
    }
}
