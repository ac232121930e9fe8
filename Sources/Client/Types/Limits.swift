// Importing the client also gives the rules of names, texts, photos and numbers, so that a form can check them while it
// is filled in.
@_exported public import Rules

/// The numbers a call may carry: those the server checks.
public typealias Limits = Bounds

extension Bounds {
    /// A version's number for a request; 0 for none. Throws `usage` for one out of range.
    static func version(_ number: Int?) throws(MyVLMError) -> UInt32 {
        guard let number else { return 0 }
        guard versions.contains(number) else {
            throw MyVLMError(.usage, "versions count from 1; the number of one \(words(versions))")
        }
        return UInt32(number)
    }
}
