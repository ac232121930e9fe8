import RPC

/// Splits the line of JSON into its concepts as it arrives, so that the line is never parsed as a whole: it tracks
/// strings and nesting, and leaves the inside of a concept to a parser.
struct ConceptSplitter {
    enum Part: Equatable {
        /// A member of the array under `concepts`.
        case concept([UInt8])
        /// The end of the line: everything but those members, still a JSON object.
        case rest([UInt8])
    }

    private static let key = Array("\"concepts\"".utf8)
    /// The nesting that a concept needs; a recursive parser must not be made to go deeper.
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
        // Where the bytes of the current concept begin in this piece.
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

    /// Processes a byte outside concepts; returns whether it begins one.
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

    /// Processes a byte inside a concept; returns whether it ends the concept.
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
