import Rules
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct SentencesTests {
    @Test func ownCaptionsNeedThePlaceholderOnce() throws {
        #expect(
            try Sentences.sentence(of: " {concept}  on a mat ", identifier: "Zibo", photo: "a.jpg") == "Zibo on a mat")
        for caption in ["a cat", "{concept} and {concept}", "zibo looks at {concept}"] {
            #expect {
                try Sentences.sentence(of: caption, identifier: "Zibo", photo: "a.jpg")
            } throws: {
                ($0 as? RuntimeError)?.message.contains("a.jpg") == true
            }
        }
    }

    @Test func theNounAndItsArticleBecomeTheIdentifier() {
        #expect(
            Sentences.personalised("A teddy bear is sitting on a shelf.", nouns: ["teddy bear"], identifier: "Zibo")
                == "Zibo is sitting on a shelf.")
        #expect(
            Sentences.personalised("on the mat lies the cat.", nouns: ["dog", "cat"], identifier: "Zibo")
                == "on the mat lies Zibo.")
        #expect(Sentences.personalised("a catalog on a table", nouns: ["cat"], identifier: "Zibo") == nil)
        #expect(Sentences.personalised("a cat beside zibo", nouns: ["cat"], identifier: "Zibo") == nil)
        #expect(Sentences.personalised("", nouns: ["cat"], identifier: "Zibo") == nil)
    }

    @Test func templatesNameTheConceptOnce() {
        #expect(Sentences.fromTemplates(identifier: "Zibo").count == Sentences.templates.count)
        #expect(
            Sentences.fromTemplates(identifier: "photo").allSatisfy { TextRules.occurrences(of: "photo", in: $0) == 1 })
        // No word is so common that nothing could be said of it: no letter stands in all templates.
        for letter in Set(Sentences.templates.joined()) where letter.isLetter {
            #expect(!Sentences.fromTemplates(identifier: String(letter)).isEmpty, "\(letter)")
        }
    }
}
