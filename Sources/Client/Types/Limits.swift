// Whoever imports the client may ask the rules of names, texts, photos and numbers itself: a form, say, while it is filled in.
@_exported public import Rules

/// The numbers a call may carry: those the server checks.
public typealias Limits = Bounds

extension Bounds {
    /// A version's number for a message; 0 for none. Throws `usage` for one that cannot be.
    static func version(_ number: Int?) throws(MyVLMError) -> UInt32 {
        guard let number else { return 0 }
        guard versions.contains(number) else {
            throw MyVLMError(.usage, "versions count from 1; the number of one \(words(versions))")
        }
        return UInt32(number)
    }
}
