/// A tag that a caption is to name: how it begins with it, and how it is told that it does.
package struct NamedTag: Sendable, Equatable {
    /// "a dog", "an owl"; plurals and masses stand alone.
    package let spelled: String
    /// The tag's last word, in singular and plural.
    package let nouns: Set<String>

    private static let masses: Set<String> = ["hay", "bread", "corn", "wine", "yarn", "meat", "lumber"]
    private static let singular: Set<String> = ["bus", "octopus"]

    /// Nil of a tag without a word.
    package init?(_ tag: String) {
        guard let noun = tag.split(separator: " ").last.map(String.init), let first = tag.first else { return nil }
        let isPlural = tag.hasSuffix("s") && !tag.hasSuffix("ss") && !Self.singular.contains(tag)
        let isSounded = "aeiou".contains(first) && !tag.hasPrefix("uni") && !tag.hasPrefix("one")
        spelled = isPlural || Self.masses.contains(tag) ? tag : (isSounded ? "an " : "a ") + tag
        nouns = [noun, noun + "s", noun + "es", noun.hasSuffix("s") ? String(noun.dropLast()) : noun]
    }
}

/// When a picture's first tag is to be named in its caption.
package struct TagNaming: Sendable {
    /// Of a tag of such a probability always.
    let certain: Float
    /// Of a tag of such a probability while the caption without it scores below `unsure`.
    let likely: Float
    let unsure: Double

    package init(certain: Float, likely: Float, unsure: Double) {
        self.certain = certain
        self.likely = likely
        self.unsure = unsure
    }

    func wants(_ probability: Float, beside score: Double) -> Bool {
        probability >= certain || probability >= likely && score < unsure
    }
}
