/// What the words of an artifact may be: they stand in prompts, in answers and on terminals.
package enum ConceptWords {
    /// UTF-8 bytes of a word or a few.
    package static let maximumBytes = 64
    /// Characters of an identifier.
    package static let identifierCharacters = 32

    /// What is wrong with an identifier, the word answers use; nil where nothing is. 1 to 3 words of 32 characters.
    package static func flaw(ofIdentifier text: String) -> String? {
        if let flaw = flaw(of: text) { return "its identifier \(flaw)" }
        guard text.count <= identifierCharacters, text.split(separator: " ").count <= 3 else {
            return "its identifier has more than 3 words or \(identifierCharacters) characters"
        }
        return nil
    }

    /// What is wrong with a class noun; nil where nothing is.
    package static func flaw(ofClassNoun text: String) -> String? { flaw(of: text).map { "its class noun \($0)" } }

    private static func flaw(of text: String) -> String? {
        guard (1...maximumBytes).contains(text.utf8.count) else { return "does not have 1 to \(maximumBytes) bytes" }
        guard text.unicodeScalars.allSatisfy(isPrintable) else { return "holds characters that cannot be shown" }
        guard text.first != " ", text.last != " ", !text.contains("  ") else {
            return "has spaces elsewhere than between words"
        }
        guard !text.contains(where: { "/\\{}".contains($0) }), !text.contains("<|"), !text.contains("|>"), text != ".",
            text != ".."
        else { return "looks like a path, or like a mark of the model's templates" }
        return nil
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: scalar != "\u{FFFD}"
        }
    }
}
