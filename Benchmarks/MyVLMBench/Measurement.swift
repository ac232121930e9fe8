import Foundation

/// One line of output; where nothing was measured it may say why.
struct Measurement: Encodable {
    let suite: String
    let metric: String
    /// nil where there was nothing to measure.
    let value: Double?
    let unit: String
    var reason: String?

    private enum CodingKeys: String, CodingKey { case suite, metric, value, unit, reason }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(suite, forKey: .suite)
        try container.encode(metric, forKey: .metric)
        // Present in every line, null where there was nothing to measure.
        try container.encode(value, forKey: .value)
        try container.encode(unit, forKey: .unit)
        try container.encodeIfPresent(reason, forKey: .reason)
    }

    /// Prints the line to standard output.
    func print() throws {
        try Output.line(self)
    }
}

/// JSON lines on standard output, progress on standard error.
enum Output {
    static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value) + Data("\n".utf8)
    }

    static func line(_ value: some Encodable) throws {
        try FileHandle.standardOutput.write(contentsOf: json(value))
    }

    static func progress(_ text: String) {
        FileHandle.standardError.write(Data("bench: \(text)\n".utf8))
    }
}
