/// A question about a photo, what a person answered and what was said.
package struct AnsweredQuestion: Sendable, Equatable {
    package let question: String
    /// A person's answer.
    package let reference: String
    package let answer: String

    package init(question: String, reference: String, answer: String) {
        self.question = question
        self.reference = reference
        self.answer = answer
    }

    /// Whether both begin with the same word.
    package var isRight: Bool {
        let word = AnswerWord.first(of: answer)
        return word != nil && word == AnswerWord.first(of: reference)
    }
}

/// The word an answer counts by.
enum AnswerWord {
    static let yes = "yes"
    static let no = "no"

    /// The first word in lower case, of letters and digits alone; nil where there is none.
    static func first(of answer: String) -> String? {
        answer.lowercased().split(whereSeparator: \.isWhitespace)
            .lazy.map { $0.filter { $0.isLetter || $0.isNumber } }.first { !$0.isEmpty }
    }
}

/// How true answers are (Docs/evaluation.md).
package struct AnswerTruth: Sendable {
    private var yes = Share()
    private var no = Share()
    private var short = Share()
    /// How often people gave each answer that is not yes or no.
    private var references: [String: Int] = [:]

    package init(_ answers: [AnsweredQuestion]) {
        for answer in answers {
            switch AnswerWord.first(of: answer.reference) {
            case AnswerWord.yes: yes.add(answer.isRight)
            case AnswerWord.no: no.add(answer.isRight)
            case let word:
                short.add(answer.isRight)
                if let word { references[word, default: 0] += 1 }
            }
        }
    }

    /// Mean of the shares of right answers where yes is right and where no is; nil unless there are both.
    package var yesNoBalanced: Double? { balanced(yes.value, no.value) }
    /// The same of who always says yes.
    package var yesNoBalancedConstant: Double? { balanced(yes.value.map { _ in 1 }, no.value.map { _ in 0 }) }
    /// Share of right answers to all other questions; nil without any.
    package var shortAccuracy: Double? { short.value }
    /// The same of who always says the commonest answer.
    package var shortAccuracyConstant: Double? {
        short.all > 0 ? Double(references.values.max() ?? 0) / Double(short.all) : nil
    }
    /// Questions that yes or no answers.
    package var yesNoQuestions: Int { yes.all + no.all }
    /// All other questions.
    package var shortQuestions: Int { short.all }

    private func balanced(_ yes: Double?, _ no: Double?) -> Double? {
        guard let yes, let no else { return nil }
        return (yes + no) / 2
    }
}
