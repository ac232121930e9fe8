import Foundation

/// The numbers that a configuration file states. Every one is compared with a range before anything is computed from it:
/// a zero may divide, a negative or huge one overflow or ask for memory nobody has.
package struct StatedNumbers: Sendable {
    /// The file as messages name it.
    let file: String
    /// Where in the file, `vision_config.` with its dot, or nothing.
    let part: String

    package init(file: String, part: String = "") {
        self.file = file
        self.part = part
    }

    /// The same file's numbers below a key.
    func below(_ key: String) -> StatedNumbers { StatedNumbers(file: file, part: "\(part)\(key).") }

    /// Throws `checkpointMalformed` for a whole number outside of its range; one that is not stated has its default.
    func check(_ key: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
        guard let value, !range.contains(value) else { return }
        throw outside(key, "\(value)", "\(range.lowerBound)", "\(range.upperBound)")
    }

    /// The same for numbers with a fraction; what is not finite lies in no range.
    func check(_ key: String, _ value: Float?, _ range: ClosedRange<Float>) throws {
        guard let value, !range.contains(value) else { return }
        throw outside(key, "\(value)", "\(range.lowerBound)", "\(range.upperBound)")
    }

    /// The same for several of one range.
    func check(_ values: KeyValuePairs<String, Int?>, _ range: ClosedRange<Int>) throws {
        for (key, value) in values { try check(key, value, range) }
    }

    /// Throws `checkpointMalformed` unless heads divide a width.
    func divides(_ heads: Int, _ width: Int, _ keys: (heads: String, width: String)) throws {
        guard heads > 0, width % heads == 0 else {
            throw malformed("\(keys.width) \(width) does not divide into \(keys.heads) \(heads)")
        }
    }

    func malformed(_ what: String) -> VLMError {
        VLMError(.checkpointMalformed, "\(file): \(part.isEmpty ? "" : "in \(part.dropLast()) ")\(what)")
    }

    private func outside(_ key: String, _ value: String, _ low: String, _ high: String) -> VLMError {
        VLMError(
            .checkpointMalformed,
            "\(file): \(part)\(key) is \(value); it must lie between \(low) and \(high). The file is damaged or was edited: "
                + "fetch it again")
    }

    /// What sizes of transformers may be; far above any model, far below what overflows.
    static let widths = 1...1 << 17
    /// Blocks.
    static let layers = 1...1024
    /// Heads.
    static let heads = 1...1024
    /// Tokens.
    static let vocabularies = 1...(1 << 24) - 1
    /// Positions.
    static let contexts = 1...1 << 40
    /// What a norm adds to a mean square.
    static let epsilons: ClosedRange<Float> = 0...1
}

/// Reads the JSON of a checkpoint's files.
enum CheckpointJSON {
    /// A value of the file; throws `checkpointMalformed` that names the key whose value is not what it should be.
    static func decode<Value: Decodable>(
        _ type: Value.Type, from json: [UInt8], file: String, as what: String
    ) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(json))
        } catch {
            throw VLMError(.checkpointMalformed, "\(file) is no \(what)\(reason(error))", cause: error)
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "" }
        func place(_ context: DecodingError.Context, _ more: String = "") -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue } + [more]
            return path.filter { !$0.isEmpty }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return ": \(place(context, key.stringValue)) is missing"
        case .valueNotFound(_, let context): return ": \(place(context)) is null"
        case .typeMismatch(let type, let context): return ": \(place(context)) is not of the type \(type)"
        case .dataCorrupted(let context):
            let place = place(context)
            return place.isEmpty ? ": it is no JSON" : ": \(place) is not a value that can be read"
        @unknown default: return ""
        }
    }
}
