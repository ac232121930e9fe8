/// Turns text into the tokens of a language model and back. Immutable; safe from any thread.
public protocol TextTokenizer: Sendable {
    /// Number of tokens.
    var vocabularySize: Int { get }
    /// The largest token that plain text may become.
    var largestTextToken: Int32 { get }
    /// The id of a token by its text in the vocabulary, such as `<|im_end|>`.
    func id(of token: String) -> Int32?
    /// Token ids of plain text; special tokens in it are not read. `atStart` says whether the text begins a sequence:
    /// sentencepiece puts a space before the first word there.
    func encode(_ text: String, atStart: Bool) -> [Int32]
    /// The bytes a token stands for; a special token its own name. Unknown ids have none.
    func bytes(of token: Int32) -> [UInt8]
}

extension TextTokenizer {
    /// The last token, unless a tokenizer knows better.
    public var largestTextToken: Int32 { Int32(clamping: vocabularySize - 1) }

    /// The text of tokens; bytes that are no UTF-8 become U+FFFD.
    public func decode(_ tokens: [Int32]) -> String {
        String(decoding: tokens.flatMap { bytes(of: $0) }, as: UTF8.self)
    }
}
