import RPC

/// The numbers a call may carry: those the server checks.
public enum Limits {
    /// Of sampling; 0 is greedy.
    public static let temperature = Bounds.temperature
    /// Of nucleus sampling, above 0; 1 is off.
    public static let topP = Bounds.topP
    /// Of an answer in tokens.
    public static let maximumTokens = Bounds.maximumTokens
    /// Continuations a search keeps side by side.
    public static let beams = Bounds.beams
    /// Of a search.
    public static let lengthPenalty = Bounds.lengthPenalty
    /// Rows of a listing.
    public static let listing = Bounds.listing
    /// Life of a token in days; a server may shorten it further.
    public static let tokenDays = Bounds.tokenDays
    /// Minutes that a replaced token goes on.
    public static let overlapMinutes = 0...(Bounds.overlapSeconds.upperBound / 60)
    /// Numbers of versions, and how many of them are kept.
    public static let versions = Bounds.versions

    /// `lies between 0 and 2`, as the server says it.
    public static func words<Number: Comparable>(_ range: ClosedRange<Number>) -> String { Bounds.words(range) }

    /// A version's number for a message; 0 for none. Throws `usage` for one that cannot be.
    static func version(_ number: Int?) throws(MyVLMError) -> UInt32 {
        guard let number else { return 0 }
        guard versions.contains(number) else {
            throw MyVLMError(.usage, "versions count from 1; the number of one \(words(versions))")
        }
        return UInt32(number)
    }
}
