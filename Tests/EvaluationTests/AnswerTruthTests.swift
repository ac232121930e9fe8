import Evaluation
import Testing

private func asked(_ reference: String, _ answer: String) -> AnsweredQuestion {
    AnsweredQuestion(question: "What is it?", reference: reference, answer: answer)
}

@Test(
    .timeLimit(.minutes(10)),
    arguments: [
        ("yes", "Yes, it is.", true), ("Yes.", "  \"YES\" ", true), ("no", "No", true), ("no", "Not at all", false),
        ("no", "", false), ("no", "It does not", false), ("yes", "I cannot tell", false), ("yes", "- yes", true),
        ("sailboat", "Sailboat.", true), ("2", "2 boats", true), ("2", "two", false), ("garbage bin", "garbage", true),
        ("book, paper", "book and paper", true), ("t-shirt", "T-shirt!", true), ("t-shirt", "t", false),
        ("да", "yes", false),
        ("?", "?", false),
    ])
func answersCountByTheirFirstWord(_ reference: String, _ answer: String, _ isRight: Bool) {
    #expect(asked(reference, answer).isRight == isRight)
}

@Test(.timeLimit(.minutes(10))) func yesAndNoWeighTheSame() {
    // Who always says yes is right in 3 of 4, and no better than a coin.
    let yes = AnswerTruth([asked("yes", "yes"), asked("yes", "yes"), asked("yes", "yes"), asked("no", "yes")])
    #expect(yes.yesNoBalanced == 0.5 && yes.yesNoBalancedConstant == 0.5)
    #expect(yes.yesNoQuestions == 4 && yes.shortQuestions == 0)
    #expect(yes.shortAccuracy == nil && yes.shortAccuracyConstant == nil)

    let mixed = AnswerTruth([asked("yes", "yes"), asked("yes", "a dog"), asked("no", "no"), asked("No.", "no.")])
    #expect(mixed.yesNoBalanced == (0.5 + 1) / 2)
    #expect(AnswerTruth([asked("yes", "yes")]).yesNoBalanced == nil, "there is nothing to balance it with")
    #expect(AnswerTruth([]).yesNoBalancedConstant == nil)
}

@Test(.timeLimit(.minutes(10))) func shortAnswersStandBesideTheCommonest() {
    let answers = AnswerTruth([
        asked("table", "chair"), asked("Table.", "table"), asked("chair", "chair"), asked("2", "3"), asked("no", "yes"),
    ])
    #expect(answers.shortQuestions == 4 && answers.yesNoQuestions == 1)
    #expect(answers.shortAccuracy == 0.5)
    #expect(answers.shortAccuracyConstant == 0.5, "a table in two of four")
}
