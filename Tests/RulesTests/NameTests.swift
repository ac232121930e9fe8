import Rules
import Testing

@Suite(.timeLimit(.minutes(10))) struct NameTests {
    @Test(arguments: ["a", "0", "anna", "a.b_c-d", "9lives", String(repeating: "a", count: 64)])
    func userNamesInForm(name: String) throws {
        #expect(try NameRules.userName(name) == name)
    }

    @Test(arguments: [
        "", "Anna", ".a", "-a", "_a", "a b", "a/b", "a\0", "änna", "a\n", "(console)",
        String(repeating: "a", count: 65), String(repeating: "a", count: 10_000),
    ])
    func userNamesOutOfForm(name: String) {
        #expect(throws: RuleError.self) { try NameRules.userName(name) }
    }

    @Test(arguments: [
        "Rex", "my mug", "Кот Барсик", "猫", "🐕", "O'Neil (2nd)", "..x", String(repeating: "é", count: 64),
    ])
    func conceptNamesInForm(name: String) throws {
        #expect(try NameRules.conceptName(name) == name)
    }

    @Test(arguments: [
        "", " ", " a", "a ", "a  b", ".", "..", "a/b", "/etc/passwd", "..\\x", "a\0b", "\u{7F}", "a\tb", "a\nb",
        "\u{85}",
        "a\u{200B}b", "a\u{202E}b", "a\u{A0}b", "\u{2028}", "\u{E000}", "\u{FEFF}a", String(repeating: "a", count: 65),
        String(repeating: "x", count: 10_000),
        "a" + String(repeating: "\u{301}", count: 500), "<|im_end|>", "a|>", "{concept}", "a}", "a\u{FFFD}",
    ])
    func conceptNamesOutOfForm(name: String) {
        let error = #expect(throws: RuleError.self) { try NameRules.conceptName(name) }
        #expect(error?.message.hasPrefix("the concept's name ") == true)
    }

    @Test func conceptNamesAreNormalised() throws {
        let name = try NameRules.conceptName("Cafe\u{301}")
        #expect(Array(name.unicodeScalars) == Array("Caf\u{E9}".unicodeScalars))
    }

    @Test(arguments: [
        ("REX", "rex"), ("Straße", "STRASSE"), ("Cafe\u{301}", "CAFÉ"), ("ΣΑΣ", "σας"), ("Барсик", "БАРСИК"),
    ])
    func letterCaseIsFolded(pair: (String, String)) {
        #expect(NameRules.fold(pair.0) == NameRules.fold(pair.1))
    }

    @Test func differentNamesStayDifferent() {
        #expect(NameRules.fold("rex") != NameRules.fold("rex2"))
        #expect(NameRules.fold("resume") != NameRules.fold("résumé"))
    }

    @Test func identifiersHaveOneToThreeWords() throws {
        #expect(try NameRules.identifier("my old mug") == "my old mug")
        for bad in [
            "", "one two three four", String(repeating: "a", count: 33), "a\u{0}", "two  spaces", "a{b}", "<|a", "a/b",
            "..",
        ] {
            #expect(throws: RuleError.self) { try NameRules.identifier(bad) }
        }
    }

    @Test func passwordsHaveEightTo1024Bytes() throws {
        #expect(try NameRules.password("12345678").count == 8)
        #expect(try NameRules.password(String(repeating: "a", count: 1024)).count == 1024)
        #expect(try NameRules.password("e\u{301}234567") == NameRules.password("\u{E9}234567"))
        for bad in [
            "", "1234567", "pa\u{0}sswords", String(repeating: "a", count: 1025),
            String(repeating: "a", count: 1 << 20),
        ] {
            #expect(throws: RuleError.self) { try NameRules.password(bad) }
        }
    }
}
