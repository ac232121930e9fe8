/// The choice of a token where nothing is drawn.
public enum Sampler {
    /// The likeliest token of logits `[vocabulary]`, the lowest id among equals. `logits` must not be empty.
    public static func greedy(_ logits: [Float]) -> Int32 {
        var best = 0
        for index in logits.indices where logits[index] > logits[best] { best = index }
        return Int32(best)
    }
}
