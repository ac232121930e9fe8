/// The questions an embedding learns answers to (MyVLM, Table 3: colour, place, role, texture, material, size,
/// distance; for people clothes, doing, place, hair, expression). `{concept}` stands for the thing.
package enum Questions {
    package static let objects = [
        "What color is {concept}?", "Where is {concept} in the image?",
        "Where is {concept} positioned in the image?", "Is {concept} the main subject of the image?",
        "What objects does {concept} interact with?", "What texture does {concept} have?",
        "What is {concept} made of?", "Is {concept} large or small?", "Is {concept} close or far away?",
    ]

    package static let people = [
        "What is {concept} wearing?", "What color is the shirt of {concept}?", "What is {concept} doing in the image?",
        "Where is {concept} in the image?", "How would you describe the clothes of {concept}?",
        "From left to right, where is {concept} positioned?", "What hair does {concept} have?",
        "What expression does {concept} have?", "Is there anything unique about {concept}?",
    ]

    /// The question with a phrase such as "the mug" or an identifier in place.
    package static func asked(_ question: String, of phrase: String) -> String {
        question.split(separator: "{concept}", omittingEmptySubsequences: false).joined(separator: phrase)
    }

    /// An answer about "the mug" told of the concept: lower case as in the paper, the phrase replaced as whole words.
    /// Nil where it says nothing.
    package static func answer(_ answer: String, noun: String, identifier: String) -> String? {
        let words = answer.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else { return nil }
        let wanted = noun.lowercased().split(separator: " ").map(String.init)
        var said: [String] = []
        var index = 0
        while index < words.count {
            let end = index + wanted.count
            let matches =
                end <= words.count
                && zip(words[index..<end], wanted).allSatisfy { $0.filter { !$0.isPunctuation } == $1 }
            if matches, !wanted.isEmpty {
                if let article = said.last, ["the", "a", "an", "this"].contains(article) { said.removeLast() }
                said.append(identifier + words[end - 1].filter(\.isPunctuation))
                index = end
            } else {
                said.append(words[index])
                index += 1
            }
        }
        return said.joined(separator: " ")
    }
}
