/// Reads `tokenizer.model`: sentencepiece's protobuf of pieces and scores (`sentencepiece_model.proto`).
package enum SentencePieceModel {
    private struct Piece {
        var text = ""
        var score: Float = 0
        var type = 1
    }

    /// Kinds of pieces that text never becomes; the others are normal (1) and unused (5) ones.
    private enum Kind { static let unknown = 2, control = 3, userDefined = 4, byte = 6 }

    private static let unigram = 1
    private static let bpe = 2

    /// A tokenizer of the file's bytes; throws `checkpointMalformed` for damaged ones and `unsupported` for another
    /// algorithm than BPE and unigram, or a normalisation table with BPE.
    package static func tokenizer(_ bytes: [UInt8], file: String) throws -> any TextTokenizer {
        try bytes.withUnsafeBytes { raw in
            var reader = ProtobufReader(ByteReader(raw, file: file))
            var pieces: [Piece] = []
            var algorithm = 1
            var addsSpace = true
            var table: [UInt8] = []
            while let field = try reader.next() {
                switch (field.number, field.value) {
                case (1, .bytes(let inner)): pieces.append(try piece(inner))
                case (2, .bytes(var inner)):
                    while let option = try inner.next() {
                        if option.number == 3, case .integer(let value) = option.value {
                            algorithm = Int(clamping: value)
                        }
                    }
                case (3, .bytes(var inner)):
                    while let option = try inner.next() {
                        switch (option.number, option.value) {
                        case (2, .bytes(var bytes)): table = try bytes.all()
                        case (3, .integer(let value)): addsSpace = value != 0
                        default: break
                        }
                    }
                default: break
                }
            }
            guard pieces.allSatisfy(\.score.isFinite) else {
                throw VLMError(.checkpointMalformed, "\(file) has pieces whose scores are not finite")
            }
            guard !pieces.isEmpty else { throw VLMError(.checkpointMalformed, "\(file) has no pieces") }
            if algorithm == unigram {
                return try unigram(
                    pieces, addsSpace: addsSpace, characters: CharacterMap(table, file: file), file: file)
            }
            guard algorithm == bpe else {
                throw VLMError(
                    .unsupported, "\(file) has the model_type \(algorithm); 1 (unigram) and 2 (BPE) are supported")
            }
            guard table.isEmpty else {
                throw VLMError(
                    .unsupported, "\(file) normalises by a table; with BPE only identity tables, as Llama's, are read")
            }
            return tokenizer(pieces, addsSpace: addsSpace)
        }
    }

    /// T5's kind.
    private static func unigram(
        _ pieces: [Piece], addsSpace: Bool, characters: CharacterMap?, file: String
    ) throws -> UnigramTokenizer {
        guard let unknown = pieces.firstIndex(where: { $0.type == Kind.unknown }), addsSpace,
            !pieces.contains(where: { $0.type == Kind.byte })
        else {
            throw VLMError(.unsupported, "\(file) is a unigram model of another form than T5's")
        }
        let hidden = pieces.indices.filter { pieces[$0].type == Kind.control }
        return UnigramTokenizer(
            texts: pieces.map(\.text), scores: pieces.map { Double($0.score) },
            special: Set(hidden.map { Int32($0) }), unknown: Int32(unknown), characters: characters,
            added: userDefined(pieces))
    }

    /// Symbols that text always becomes where it holds them.
    private static func userDefined(_ pieces: [Piece]) -> [AddedTokens.Token] {
        pieces.indices.filter { pieces[$0].type == Kind.userDefined }
            .map { AddedTokens.Token(id: $0, content: pieces[$0].text, normalized: false, special: false) }
    }

    private static func tokenizer(_ pieces: [Piece], addsSpace: Bool) -> SentencePieceBPE {
        let reserved = [Kind.unknown, Kind.control, Kind.userDefined, Kind.byte]
        var joined: [ExactText: PairMerger.Merge] = [:]
        let order = pieces.indices.sorted { (pieces[$0].score, $1) > (pieces[$1].score, $0) }
        var rank: Int32 = -1
        var last: Float?
        for index in order {
            if pieces[index].score != last { rank += 1 }
            last = pieces[index].score
            guard !reserved.contains(pieces[index].type) else { continue }
            joined[ExactText(pieces[index].text)] = PairMerger.Merge(rank: rank, joined: Int32(index))
        }
        let hidden = pieces.indices.filter { [Kind.unknown, Kind.control].contains(pieces[$0].type) }
        return SentencePieceBPE(
            texts: pieces.map(\.text), special: Set(hidden.map { Int32($0) }), merges: .ranked(joined),
            writing: .init(prepends: addsSpace, replacesFirst: true),
            unknown: pieces.firstIndex { $0.type == Kind.unknown }.map { Int32($0) },
            added: userDefined(pieces), cutsWritten: true)
    }

    private static func piece(_ message: ProtobufReader) throws -> Piece {
        var message = message
        var piece = Piece()
        while let field = try message.next() {
            switch (field.number, field.value) {
            case (1, .bytes(var text)): piece.text = try text.string()
            case (2, .fixed32(let bits)): piece.score = Float(bitPattern: bits)
            case (3, .integer(let type)): piece.type = Int(clamping: type)
            default: break
            }
        }
        return piece
    }
}

/// Walks the fields of a protobuf message; every length is checked.
struct ProtobufReader {
    enum Value {
        case integer(UInt64)
        case fixed32(UInt32)
        case fixed64(UInt64)
        case bytes(ProtobufReader)
    }

    private var reader: ByteReader

    init(_ reader: ByteReader) { self.reader = reader }

    /// Bytes of the message.
    var count: Int { reader.remaining }

    /// The next field; nil at the end.
    mutating func next() throws -> (number: UInt64, value: Value)? {
        guard reader.remaining > 0 else { return nil }
        let key = try varint()
        switch key & 7 {
        case 0: return (key >> 3, .integer(try varint()))
        case 1: return (key >> 3, .fixed64(try reader.read()))
        case 2:
            let length = try varint()
            guard length <= UInt64(reader.remaining) else { throw malformed() }
            let bytes = try reader.readBytes(Int(length))
            return (key >> 3, .bytes(ProtobufReader(ByteReader(bytes, file: reader.file))))
        case 5: return (key >> 3, .fixed32(try reader.read()))
        default: throw malformed()
        }
    }

    /// The whole message as bytes.
    mutating func all() throws -> [UInt8] { Array(try reader.readBytes(reader.remaining)) }

    /// The whole message as text.
    mutating func string() throws -> String { try reader.readString(reader.remaining) }

    private mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte: UInt8 = try reader.read()
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw malformed()
    }

    private func malformed() -> VLMError {
        VLMError(.checkpointMalformed, "\(reader.file) is no protobuf message at byte \(reader.offset)")
    }
}
