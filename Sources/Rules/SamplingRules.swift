/// How an answer may be drawn from the model.
public enum SamplingRules {
    /// Throws for the first number out of its range, and for a search that is to draw.
    /// - Parameters:
    ///   - maximumTokens: nil takes the server's default.
    ///   - beams: nil searches nothing.
    public static func check(
        temperature: Float, topP: Float, maximumTokens: Int?, beams: Int?, lengthPenalty: Float
    ) throws(RuleError) {
        try Bounds.check(temperature, Bounds.temperature, "the temperature")
        try Bounds.check(topP, Bounds.topP, "top-p")
        if let maximumTokens { try Bounds.check(maximumTokens, Bounds.maximumTokens, "the number of tokens") }
        try Bounds.check(lengthPenalty, Bounds.lengthPenalty, "the length penalty")
        guard let beams else { return }
        try Bounds.check(beams, Bounds.beams, "the number of beams")
        guard temperature == 0 else { throw drawingSearch }
    }

    /// What is said of a search with a temperature.
    public static let drawingSearch = RuleError(
        "a beam search draws nothing: leave out the temperature or the beams")
}

/// How long tokens may live.
public enum TokenRules {
    /// Throws for a wanted life of a token that is no length of time or longer than any may be; 0 takes the server's default.
    public static func checkLifetime(seconds: Int64) throws(RuleError) {
        try Bounds.check(seconds, Bounds.tokenSeconds, "the token's lifetime", unit: " seconds")
    }

    /// Throws for a time that a replaced token cannot go on for.
    public static func checkOverlap(seconds: Int64) throws(RuleError) {
        try Bounds.check(seconds, Bounds.overlapSeconds, "the overlap", unit: " seconds")
    }
}
