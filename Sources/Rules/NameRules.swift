internal import Foundation

/// The forms that what people write must have: the one place that says so. Clients ask it before they send anything, calls
/// before they accept a photo or make a job, and every commit asks it again; so what is accepted at the door is accepted at
/// the end.
///
/// Each rule checks the size in bytes first, so that a huge text costs nothing.
public enum NameRules {
    /// A user's name: `[a-z0-9][a-z0-9._-]{0,63}`.
    public static func userName(_ text: String) throws(RuleError) -> String {
        let bytes = Array(text.utf8.prefix(65))
        func isAlphanumeric(_ byte: UInt8) -> Bool { (97...122).contains(byte) || (48...57).contains(byte) }
        guard let first = bytes.first, bytes.count <= 64, isAlphanumeric(first),
            bytes.allSatisfy({ isAlphanumeric($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D })
        else {
            throw RuleError("a user name has 1 to 64 of a-z, 0-9, '.', '_' and '-' and begins with a letter or digit")
        }
        return text
    }

    /// A password: 8 to 1024 bytes of any text but a NUL, which no message carries. It is normalised (NFC), so that the
    /// same keys give the same bytes on every system.
    public static func password(_ text: String) throws(RuleError) -> [UInt8] {
        guard text.utf8.count <= 4096 else { throw passwordError }
        let bytes = Array(text.precomposedStringWithCanonicalMapping.utf8)
        guard (8...1024).contains(bytes.count), !bytes.contains(0) else { throw passwordError }
        return bytes
    }

    private static let passwordError = RuleError("a password has 8 to 1024 bytes and no NUL; choose another one")

    /// A concept's name in NFC: 1 to 64 printable characters that are no part of a path and nothing the model's
    /// templates could read as their own. `what` stands in messages.
    public static func conceptName(_ text: String, what: String = "the concept's name") throws(RuleError) -> String {
        try word(text, what: what, characters: 64)
    }

    /// What makes two concept names equal: NFC with letter case folded.
    public static func fold(_ name: String) -> String {
        // Upper then lower, scalar by scalar: "ß" meets "SS", and no word ending changes a sigma.
        let upper = name.precomposedStringWithCanonicalMapping.unicodeScalars.map(\.properties.uppercaseMapping)
            .joined()
        return upper.unicodeScalars.map(\.properties.lowercaseMapping).joined().precomposedStringWithCanonicalMapping
    }

    /// The noun of the concept's class: 1 to 64 printable characters, nothing of the model's templates.
    public static func classNoun(_ text: String, what: String = "the class") throws(RuleError) -> String {
        try word(text, what: what, characters: 64)
    }

    /// The words answers use: 1 to 3 words, at most 32 characters, nothing of the model's templates.
    public static func identifier(_ text: String, what: String = "the identifier") throws(RuleError) -> String {
        let identifier = try word(text, what: what, characters: 32)
        guard identifier.split(separator: " ").count <= 3 else {
            throw RuleError("\(what) has 1 to 3 words; shorten it")
        }
        return identifier
    }

    /// A reason for the history: up to 200 printable characters, may be empty.
    public static func reason(_ text: String) throws(RuleError) -> String { try note(text, what: "the reason") }

    /// What a token is called: up to 64 printable characters, may be empty.
    public static func label(_ text: String) throws(RuleError) -> String {
        try note(text, what: "the label", characters: 64)
    }

    /// The name of a photo's file made fit to be kept and shown: the last part of a path, printable characters with single
    /// spaces, 100 at most. Nobody chooses what a camera calls its files, so nothing is refused.
    public static func fileName(_ text: String) -> String {
        let last = text.split(separator: "/").last ?? ""
        let shown = last.unicodeScalars.map { isPrintable($0) ? Character($0) : " " }
        let words = String(shown).precomposedStringWithCanonicalMapping.split(separator: " ")
        let name = words.joined(separator: " ").prefix(100)
        var kept = String(name)
        while kept.utf8.count > 400 || kept.last == " " { kept.removeLast() }
        return kept.isEmpty ? "the photo" : kept
    }

    /// An alias: `[A-Za-z0-9_.-]{1,64}`, and neither `current` nor what reads as a version's number.
    public static func alias(_ text: String) throws(RuleError) -> String {
        let bytes = Array(text.utf8.prefix(65))
        let allowed = bytes.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
                || [0x2E, 0x5F, 0x2D].contains($0)
        }
        guard (1...64).contains(bytes.count), allowed else {
            throw RuleError("an alias has 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'")
        }
        let digits = text.hasPrefix("v") ? text.dropFirst() : Substring(text)
        guard text != "current", digits.isEmpty || !digits.utf8.allSatisfy({ (48...57).contains($0) }) else {
            throw RuleError("\(text) is no alias: `current` and numbers name versions themselves")
        }
        return text
    }

    /// A free text of a person (label, reason) in NFC: up to `characters` printable ones, may be empty.
    public static func note(_ text: String, what: String, characters: Int = 200) throws(RuleError) -> String {
        text.isEmpty ? "" : try printable(text, what: what, characters: characters)
    }

    /// Text that stands in prompts and on terminals: what opens a placeholder or a turn of the model cannot be part of it,
    /// nor what reads as a path.
    private static func word(_ text: String, what: String, characters: Int) throws(RuleError) -> String {
        let word = try printable(text, what: what, characters: characters)
        guard !word.contains("<|"), !word.contains("|>"), !word.contains("{"), !word.contains("}") else {
            throw RuleError("\(what) has no <|, |>, { or }, which the model's templates own; take them out")
        }
        guard !word.unicodeScalars.contains(where: { $0 == "/" || $0 == "\\" }), word != ".", word != ".." else {
            throw RuleError("\(what) looks like a path; it has no '/' or '\\' and is not '.' or '..'")
        }
        return word
    }

    private static func printable(_ text: String, what: String, characters: Int) throws(RuleError) -> String {
        // A character may be many scalars; four bytes each is room enough for every script.
        guard text.utf8.count <= characters * 8 else { throw tooLong(what, characters) }
        let name = text.precomposedStringWithCanonicalMapping
        guard !name.isEmpty, name.count <= characters, name.utf8.count <= characters * 4 else {
            throw tooLong(what, characters)
        }
        for scalar in name.unicodeScalars where !isPrintable(scalar) {
            throw RuleError(
                "\(what) has printable characters only; U+\(String(scalar.value, radix: 16, uppercase: true)) is not")
        }
        guard name.first != " ", name.last != " ", !name.contains("  ") else {
            throw RuleError("\(what) has single spaces, and only between words")
        }
        return name
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        // Format characters hide in a name or turn its direction; separators other than a space look like one.
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        // What stands for bytes that were no text.
        default: scalar != "\u{FFFD}"
        }
    }

    private static func tooLong(_ what: String, _ characters: Int) -> RuleError {
        RuleError("\(what) has 1 to \(characters) characters")
    }
}
