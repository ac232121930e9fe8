import RPC

/// Cuts the line of JSON into its concepts while it comes, so that nobody parses a line as a whole: follows strings and
/// nesting, and leaves what is inside of a concept to a parser.
struct ConceptSplitter {
    enum Part: Equatable {
        /// A member of the array under `concepts`.
        case concept([UInt8])
        /// The line is over: all of it but those members, still an object of JSON.
        case rest([UInt8])
    }

    private static let key = Array("\"concepts\"".utf8)
    /// Nesting that a concept needs; a parser that recurses must not be led deeper.
    private static let deepest = 32

    private var depth = 0
    private var inString = false
    private var escaped = false
    private var inConcepts = false
    private var inConcept = false
    private var concept: [UInt8] = []
    private var rest: [UInt8] = []
    private var length = 0

    /// The next part of a piece from `position` on; nil when the piece is read.
    mutating func next(_ piece: [UInt8], _ position: inout Int) throws -> Part? {
        let start = position
        var part: Part?
        // Where the present concept's bytes in this piece begin.
        var from = position
        while position < piece.count, part == nil {
            let byte = piece[position]
            position += 1
            if byte == 0x0A {
                guard depth == 0, !inConcept else { throw ExportFile.refuse("its second line does not parse") }
                part = .rest(rest)
            } else if inConcept {
                if try ends(byte) {
                    concept += piece[from..<position]
                    try checkConcept()
                    part = .concept(concept)
                    concept = []
                    inConcept = false
                }
            } else if try begins(byte) {
                from = position - 1
                inConcept = true
            }
        }
        if inConcept {
            concept += piece[from..<position]
            try checkConcept()
        }
        length += position - start
        guard length <= ExportFile.longestLine else { throw ExportFile.refuse("a line is too long") }
        return part
    }

    /// Follows a byte outside of concepts; whether it begins one.
    private mutating func begins(_ byte: UInt8) throws -> Bool {
        if inConcepts, !inString, depth == 2 {
            switch byte {
            case UInt8(ascii: "{"):
                depth += 1
                return true
            case UInt8(ascii: "]"): inConcepts = false
            case UInt8(ascii: ","), UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): return false
            default: throw ExportFile.refuse("its second line does not parse")
            }
        }
        rest.append(byte)
        guard rest.count <= 4 << 10 else { throw ExportFile.refuse("its second line says more than an export does") }
        let opens = !inString && byte == UInt8(ascii: "[")
        try follow(byte)
        if opens, depth == 2 {
            let name = rest.dropLast().filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
            inConcepts =
                name.last == UInt8(ascii: ":") && name.dropLast().suffix(Self.key.count).elementsEqual(Self.key)
        }
        return false
    }

    /// Follows a byte inside of a concept; whether it ends it.
    private mutating func ends(_ byte: UInt8) throws -> Bool {
        try follow(byte)
        return depth == 2 && !inString && byte == UInt8(ascii: "}")
    }

    private mutating func follow(_ byte: UInt8) throws {
        if inString {
            if escaped {
                escaped = false
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
            } else if byte == UInt8(ascii: "\"") {
                inString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): inString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            depth += 1
            guard depth <= Self.deepest else { throw ExportFile.refuse("its second line is nested too deeply") }
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
        guard depth >= 0 else { throw ExportFile.refuse("its second line does not parse") }
    }

    private func checkConcept() throws {
        guard concept.count <= ExportFile.longestConcept else {
            throw ExportFile.refuse("a concept's description has more than \(ExportFile.longestConcept) bytes")
        }
    }
}
