/// Sentencepiece's table of characters to be written otherwise (`precompiled_charsmap`: Unicode NFKC with its own additions).
///
/// A double-array trie (Aoe 1989, in the layout of darts-clone) from UTF-8 to places in a list of texts that end with 0.
struct CharacterMap: Sendable {
    /// Bytes that one character is written as: 33 is the most of Unicode's compatible forms.
    private static let longestText = 256

    private let trie: [UInt32]
    private let texts: [UInt8]

    /// Nil for no bytes; throws `checkpointMalformed` for damaged ones.
    init?(_ bytes: [UInt8], file: String) throws {
        guard !bytes.isEmpty else { return nil }
        func word(_ at: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) }
        }
        guard bytes.count >= 4, case let size = Int(word(0)), size % 4 == 0, size > 0, size <= bytes.count - 4 else {
            throw VLMError(.checkpointMalformed, "\(file) has a table of characters that cannot be read")
        }
        trie = (0..<size / 4).map { word(4 + 4 * $0) }
        texts = Array(bytes[(4 + size)...])
        guard texts.split(separator: 0).allSatisfy({ $0.count <= Self.longestText }) else {
            throw VLMError(.checkpointMalformed, "\(file) writes one character as a text of many")
        }
    }

    /// A text with every character, or longest run of them, replaced that the table has.
    func apply(_ text: String) -> String {
        let input = Array(text.utf8)
        var output: [UInt8] = []
        output.reserveCapacity(input.count)
        var at = 0
        while at < input.count {
            if let (length, place) = longest(input, from: at) {
                output += texts[place...].prefix { $0 != 0 }
                at += length
            } else {
                repeat {
                    output.append(input[at])
                    at += 1
                } while at < input.count && input[at] & 0xC0 == 0x80
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private func longest(_ input: [UInt8], from start: Int) -> (length: Int, place: Int)? {
        guard let root = trie.first else { return nil }
        var found: (Int, Int)?
        var node = Self.offset(root)
        for at in start..<input.count {
            node ^= Int(input[at])
            guard trie.indices.contains(node), trie[node] & 0x8000_00FF == UInt32(input[at]) else { break }
            let unit = trie[node]
            node ^= Self.offset(unit)
            guard unit & 0x100 != 0 else { continue }
            guard trie.indices.contains(node), case let place = Int(trie[node] & 0x7FFF_FFFF), place < texts.count
            else { break }
            found = (at + 1 - start, place)
        }
        return found
    }

    private static func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 0x200) >> 6)) }
}
