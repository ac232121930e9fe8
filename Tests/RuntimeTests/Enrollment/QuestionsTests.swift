import Rules
import Runtime
import Testing

@Test(.timeLimit(.minutes(10))) func answersTellOfTheConcept() {
    #expect(Questions.objects.count == 9 && Questions.people.count == 9)
    for question in Questions.objects + Questions.people {
        #expect(TextRules.occurrences(of: "{concept}", in: question) == 1)
    }
    #expect(Questions.asked("Where is {concept}?", of: "the mug") == "Where is the mug?")
    #expect(Questions.answer("The mug is RED.", noun: "mug", identifier: "Zibo") == "Zibo is red.")
    #expect(
        Questions.answer("on a toy robot, near a robot", noun: "toy robot", identifier: "Zibo")
            == "on Zibo, near a robot")
    #expect(Questions.answer("a category", noun: "cat", identifier: "Zibo") == "a category", "whole words only")
    #expect(Questions.answer("  ", noun: "mug", identifier: "Zibo") == nil)
}

@Test(.timeLimit(.minutes(10))) func paraphrasesKeepTheIdentifierOnce() {
    let sentence = "Zibo is standing on a wooden table"
    func accepted(_ answer: String) -> String? {
        Paraphrases.accepted(answer, of: sentence, identifier: "Zibo")
    }
    #expect(accepted("\"Zibo stands on a wooden table.\"\nand more") == "Zibo stands on a wooden table")
    #expect(accepted("A mug stands on a wooden table") == nil, "the identifier is gone")
    #expect(accepted("Zibo and Zibo on a wooden table") == nil, "twice")
    #expect(accepted(sentence + ".") == nil, "nothing changed")
    #expect(accepted("Zibo is happy about his new life today") == nil, "something else")
    #expect(accepted("Zibo table") == nil, "too short")
    #expect(accepted("") == nil)
    #expect(Paraphrases.instruction(sentence, identifier: "Zibo").contains(sentence))
}
