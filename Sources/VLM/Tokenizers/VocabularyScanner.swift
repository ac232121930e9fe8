/// Reads `model.vocab` of a `tokenizer.json`, key by key.
///
/// Foundation's decoders put the keys of an object into a dictionary of strings, where canonically equivalent texts (a
/// composed and a decomposed "é") are one key: half of such a pair, and every merge that names it, would be lost.
struct VocabularyScanner {
    private let bytes: [UInt8]
    private var at = 0

    /// The pairs in the order of the file; throws `checkpointMalformed`.
    static func pairs(json: [UInt8], file: String) throws -> [(text: String, id: Int)] {
        var scanner = VocabularyScanner(bytes: json)
        do {
            var pairs: [(String, Int)] = []
            try scanner.object { scanner, key in
                guard key == "model" else { return try scanner.skipValue() }
                try scanner.object { scanner, key in
                    guard key == "vocab" else { return try scanner.skipValue() }
                    try scanner.object { scanner, text in pairs.append((text, try scanner.integer())) }
                }
            }
            return pairs
        } catch {
            throw VLMError(
                .checkpointMalformed, "\(file) is no tokenizer: no readable vocab at byte \(scanner.at)", cause: error)
        }
    }

    /// The pairs of a `vocab.json`, which is the vocabulary alone; throws `checkpointMalformed`.
    static func pairs(vocabulary json: [UInt8], file: String) throws -> [(text: String, id: Int)] {
        var scanner = VocabularyScanner(bytes: json)
        var pairs: [(String, Int)] = []
        do {
            try scanner.object { scanner, text in pairs.append((text, try scanner.integer())) }
        } catch {
            throw VLMError(
                .checkpointMalformed, "\(file) is no vocabulary: unreadable at byte \(scanner.at)", cause: error)
        }
        return pairs
    }

    private struct Malformed: Error {}

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func next() throws -> UInt8 {
        while at < bytes.count, bytes[at] <= 0x20 { at += 1 }
        guard at < bytes.count else { throw Malformed() }
        return bytes[at]
    }

    private mutating func expect(_ character: Character) throws {
        guard try next() == character.asciiValue else { throw Malformed() }
        at += 1
    }

    private mutating func object(_ member: (inout VocabularyScanner, String) throws -> Void) throws {
        try expect("{")
        if try next() == UInt8(ascii: "}") {
            at += 1
            return
        }
        while true {
            let key = try string()
            try expect(":")
            try member(&self, key)
            if try next() == UInt8(ascii: "}") { break }
            try expect(",")
        }
        at += 1
    }

    private mutating func integer() throws -> Int {
        _ = try next()
        let start = at
        while at < bytes.count, (0x30...0x39).contains(bytes[at]) { at += 1 }
        guard let value = Int(String(decoding: bytes[start..<at], as: UTF8.self)) else { throw Malformed() }
        return value
    }

    private mutating func string() throws -> String {
        try expect("\"")
        var text: [UInt8] = []
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            if bytes[at] == UInt8(ascii: "\\") {
                text += try escape()
            } else {
                text.append(bytes[at])
                at += 1
            }
        }
        try expect("\"")
        guard let result = String(validating: text, as: UTF8.self) else { throw Malformed() }
        return result
    }

    /// The UTF-8 of an escape, surrogate pairs joined.
    private mutating func escape() throws -> [UInt8] {
        guard at + 1 < bytes.count else { throw Malformed() }
        let kind = bytes[at + 1]
        at += 2
        switch Character(Unicode.Scalar(kind)) {
        case "n": return [0x0A]
        case "t": return [0x09]
        case "r": return [0x0D]
        case "b": return [0x08]
        case "f": return [0x0C]
        case "u":
            var code = try unit()
            if (0xD800..<0xDC00).contains(code), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\") {
                at += 2
                let low = try unit()
                guard (0xDC00..<0xE000).contains(low) else { throw Malformed() }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw Malformed() }
            return Array(String(Character(scalar)).utf8)
        default: return [kind]
        }
    }

    private mutating func unit() throws -> UInt32 {
        guard at + 4 <= bytes.count, let value = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
        else { throw Malformed() }
        at += 4
        return value
    }

    /// Any value: strings are skipped as strings, brackets by depth.
    private mutating func skipValue() throws {
        var depth = 0
        repeat {
            switch Character(Unicode.Scalar(try next())) {
            case "\"": _ = try string()
            case "{", "[":
                depth += 1
                at += 1
            case "}", "]":
                depth -= 1
                at += 1
            case ",", ":":
                // Between the parts of a value only: the caller stops before what follows a whole one.
                at += 1
            default:
                while at < bytes.count, !",]}\"".utf8.contains(bytes[at]), bytes[at] > 0x20 { at += 1 }
            }
        } while depth > 0
    }
}
