package import Rules

extension CaptionRequest: CheckedRequest {
    package func check() throws(RuleError) {
        try PhotoRules.check(image, name: "the picture")
        try sampling?.check()
    }
}

extension AskRequest: CheckedRequest {
    package func check() throws(RuleError) {
        try PhotoRules.check(image, name: "the picture")
        try TextRules.checkQuestion(question)
        try sampling?.check()
    }
}

extension RecognizeRequest: CheckedRequest {
    package func check() throws(RuleError) { try PhotoRules.check(image, name: "the picture") }
}

extension Sampling {
    /// Throws what is wrong with it; 0 stands for a mass and a number of tokens that were not given.
    package func check() throws(RuleError) {
        try SamplingRules.check(
            temperature: temperature, topP: topP == 0 ? 1 : topP, maximumTokens: maxTokens == 0 ? nil : Int(maxTokens),
            beams: beam.map { Int($0.beams) }, lengthPenalty: beam?.lengthPenalty ?? 1)
    }
}
