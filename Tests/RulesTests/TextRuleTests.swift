import Rules
import Testing

@Suite(.timeLimit(.minutes(10))) struct TextRuleTests {
    private func caption(_ text: String, identifier: String? = "Zibo") -> String? {
        do {
            return try TextRules.caption(text, identifier: identifier, photo: "a.jpg")
        } catch {
            return nil
        }
    }

    @Test func captionsKeepTheirWordsWithSingleSpaces() {
        #expect(caption(" {concept}\t on \n a mat ") == "{concept} on a mat")
        #expect(caption(String(repeating: "x", count: 290) + " {concept}")?.utf8.count == 300)
        // White space does not count, as long as the text itself is not endless.
        #expect(caption("{concept}" + String(repeating: " ", count: 480)) == "{concept}")
    }

    @Test(arguments: [
        "", "a cat", "{concept} and {concept}", "zibo looks at {concept}", "{CONCEPT} {concept}", "{concept}\0",
        String(repeating: "x", count: 291) + " {concept}", "{concept}" + String(repeating: " ", count: 492),
    ]) func captionsNameTheConceptOnce(text: String) {
        let error = #expect(throws: RuleError.self) {
            try TextRules.caption(text, identifier: "Zibo", photo: "a.jpg")
        }
        #expect(error?.message.contains("a.jpg") == true || error?.message.hasPrefix("a caption ") == true)
    }

    /// The word is not known before the server has looked at the version in use.
    @Test func aCaptionOfAnUnknownWordIsTakenAsFarAsItCanBeTold() {
        #expect(caption("zibo looks at {concept}", identifier: nil) == "zibo looks at {concept}")
        #expect(caption("zibo", identifier: nil) == nil)
    }

    @Test func questionsSaySomething() throws {
        for good in ["?", String(repeating: "w", count: 1_000), "what is\nthis", "caf\u{FFFD}"] {
            #expect(throws: Never.self) { try TextRules.checkQuestion(good) }
        }
        for bad in ["", " \t\n", "what\0", String(repeating: "w", count: 1_001), String(repeating: "é", count: 501)] {
            #expect(throws: RuleError.self, "\(bad.prefix(10))") { try TextRules.checkQuestion(bad) }
        }
    }

    @Test func occurrencesAreCountedWithoutCaseAndOverlap() {
        #expect(TextRules.occurrences(of: "aa", in: "aAaA b aa") == 3)
        #expect(TextRules.occurrences(of: "zibo", in: "Zibo, ZIBO") == 2)
        #expect(TextRules.occurrences(of: "zibo", in: "") == 0)
    }
}
