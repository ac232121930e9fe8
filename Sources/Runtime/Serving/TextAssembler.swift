/// Turns token bytes into text pieces that never split a character: a value-type state machine.
///
/// White space at either end of the answer is dropped, so the pieces concatenated are the whole text. Bytes that
/// cannot become UTF-8 give U+FFFD. Control characters other than line ends and tabs are left out: no text holds them
/// for people, a message may not hold a NUL, and a terminal would obey them.
package struct TextAssembler: Sendable {
    /// Everything said so far.
    package private(set) var text = ""
    private var pending: [UInt8] = []
    private var space = ""

    package init() {}

    /// The text these bytes complete; empty when a character is still open or only white space came.
    package mutating func append(_ bytes: [UInt8]) -> String {
        pending += bytes
        let complete = pending.count - Self.openBytes(at: pending)
        let decoded = String(decoding: pending[..<complete], as: UTF8.self)
        pending.removeFirst(complete)
        return release(decoded)
    }

    /// What is left at the end of the answer.
    package mutating func finish() -> String {
        defer { pending = [] }
        return release(String(decoding: pending, as: UTF8.self))
    }

    /// Text up to its last character that is not white space; the rest waits for what follows.
    private mutating func release(_ decoded: String) -> String {
        var scalars = Array(decoded.unicodeScalars.filter(Self.isShown))
        var held: [Unicode.Scalar] = []
        while let last = scalars.last, last.properties.isWhitespace {
            held.append(last)
            scalars.removeLast()
        }
        let tail = String(String.UnicodeScalarView(held.reversed()))
        var body = String(String.UnicodeScalarView(scalars))
        guard !body.isEmpty else {
            space += tail
            return ""
        }
        if text.isEmpty {
            body = String(body.drop { $0.isWhitespace })
        } else {
            body = space + body
        }
        space = tail
        text += body
        return body
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\t" || scalar.properties.generalCategory != .control
    }

    /// Bytes at the end that begin a character without ending it, 0...3.
    private static func openBytes(at bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0b1100_0000 == 0b1000_0000 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back ? back : 0
        }
        return 0
    }
}
