/// The numbers a call may carry, in one place for whoever sends, checks, keeps or explains them.
public enum Bounds {
    /// Of sampling; 0 is greedy.
    public static let temperature: ClosedRange<Float> = 0...2
    /// Of nucleus sampling; 1 is off. On the wire 0 stands for a number that was not given.
    public static let topP: ClosedRange<Float> = Float.leastNormalMagnitude...1
    /// Of an answer in tokens; on the wire 0 takes the server's default.
    public static let maximumTokens = 1...256
    /// Continuations a search keeps side by side; 1 is greedy.
    public static let beams = 1...16
    /// Of a search.
    public static let lengthPenalty: ClosedRange<Float> = -8...8
    /// Rows of a listing; on the wire 0 takes the server's default, and more than there may be is cut.
    public static let listing = 1...1_000
    /// Life of a token in days; a server may shorten it further.
    public static let tokenDays = 1...3_650
    /// The same in seconds; on the wire 0 takes the server's default.
    public static let tokenSeconds: ClosedRange<Int64> = 0...(3_650 * 86_400)
    /// Seconds that a replaced token goes on.
    public static let overlapSeconds: ClosedRange<Int64> = 0...(7 * 86_400)
    /// The same in minutes.
    public static let overlapMinutes = 0...(7 * 1_440)
    /// Numbers of versions, and how many of them are kept.
    public static let versions = 1...Int(Int32.max)
    /// Photos of an enrollment; a server may take fewer.
    public static let photos = 1...20
    /// Bytes of one photo.
    public static let photoBytes = 1...(24 << 20)
    /// Pixels of a photo's smaller side, where something is to be learned from it.
    public static let leastPhotoSide = 64
    /// Pixels of a picture's width, and of its height.
    public static let pictureSide = 1...20_000
    /// Pixels of a picture altogether: a phone's 50 megapixels pass.
    public static let picturePixels = 1...64_000_000
    /// Captions of an enrollment.
    public static let captions = 0...200
    /// Bytes of a caption once its white space is single spaces.
    public static let captionBytes = 1...300
    /// Bytes of a question.
    public static let questionBytes = 1...1_000

    /// Throws unless the number lies in its range; a range of `Float` holds no NaN. `what` begins the message.
    public static func check<Number: Comparable>(
        _ number: Number, _ range: ClosedRange<Number>, _ what: String, unit: String = ""
    ) throws(RuleError) {
        guard range.contains(number) else { throw RuleError("\(what) \(words(range))\(unit)") }
    }

    /// `lies between 0 and 2`: a range as all messages tell it.
    public static func words<Number: Comparable>(_ range: ClosedRange<Number>) -> String {
        // The least number above 0 stands for "above 0": nobody would read its digits.
        if let least = range.lowerBound as? Float, least == .leastNormalMagnitude {
            return "lies between 0 and \(word(range.upperBound)), 0 left out"
        }
        return "lies between \(word(range.lowerBound)) and \(word(range.upperBound))"
    }

    private static func word(_ number: some Any) -> String {
        guard let float = number as? Float else { return "\(number)" }
        return float == float.rounded() ? "\(Int(float))" : "\(float)"
    }
}
