package import Rules

extension EnrollRequest: CheckedRequest {
    /// Every rule that needs neither its photos, nor the model, nor the concepts of its owner.
    package func check() throws(RuleError) {
        _ = try NameRules.conceptName(name)
        let word = try checkedIdentifier()
        if !classNoun.isEmpty { _ = try NameRules.classNoun(classNoun) }
        _ = try NameRules.reason(reason)
        try Bounds.check(captions.count, Bounds.captions, "the number of captions")
        for caption in captions {
            _ = try TextRules.caption(caption.text, identifier: word, photo: "photo \(Int(caption.photo) + 1)")
        }
    }

    /// Throws for a caption of a photo that does not exist.
    package func checkCaptions(photos: Int) throws(RuleError) {
        for caption in captions where Int(caption.photo) >= photos {
            throw RuleError("a caption names photo \(caption.photo), but there are \(photos), counted from 0")
        }
    }

    /// The word answers will use: the name where no other is given. Nil for a concept that is trained again from kept
    /// photos, whose word is known to the server.
    private func checkedIdentifier() throws(RuleError) -> String? {
        guard identifier.isEmpty else { return try NameRules.identifier(identifier) }
        guard !fromKept else { return nil }
        do {
            return try NameRules.identifier(name)
        } catch {
            throw RuleError(
                "\(error.message); answers would use the name: give them a shorter word with --identifier")
        }
    }
}

extension ImportConceptRequest: CheckedRequest {
    package func check() throws(RuleError) {
        _ = try NameRules.conceptName(name)
        _ = try NameRules.reason(reason)
    }
}
