/// The numbers a call may carry, in one place for whoever sends, checks or explains them.
///
/// Rooms below the messages check again what they are given; a test compares them with these.
public enum Bounds {
    /// Of sampling; 0 is greedy.
    public static let temperature: ClosedRange<Float> = 0...2
    /// Of nucleus sampling; 1 is off. On the wire 0 stands for a number that was not given.
    public static let topP: ClosedRange<Float> = Float.leastNormalMagnitude...1
    /// Of an answer in tokens; on the wire 0 takes the server's default.
    public static let maximumTokens = 1...4_096
    /// Continuations a search keeps side by side; 1 is greedy.
    public static let beams = 1...16
    /// Of a search.
    public static let lengthPenalty: ClosedRange<Float> = -8...8
    /// Rows of a listing; on the wire 0 takes the server's default.
    public static let listing = 1...1_000
    /// Life of a token in days; a server may shorten it further.
    public static let tokenDays = 1...3_650
    /// Seconds that a replaced token goes on.
    public static let overlapSeconds = 0...(7 * 86_400)
    /// Numbers of versions.
    public static let versions = 1...Int(Int32.max)
    /// Bytes of one photo.
    public static let photoBytes = 1...(24 << 20)

    /// `lies between 0 and 2`: a range as all messages tell it.
    public static func words<Number: Comparable>(_ range: ClosedRange<Number>) -> String {
        "lies between \(word(range.lowerBound)) and \(word(range.upperBound))"
    }

    private static func word(_ number: some Any) -> String {
        guard let float = number as? Float else { return "\(number)" }
        return float == float.rounded() ? "\(Int(float))" : "\(float)"
    }
}
