import Foundation

/// A figure of the engine suite; a missing one says why.
struct EngineFigure: Encodable {
    let suite = "engine"
    let metric: String
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
}

/// Prints figures as they come.
struct EngineReport {
    func figure(_ metric: String, _ value: Double?, _ unit: String, missing reason: String? = nil) throws {
        try Output.line(
            EngineFigure(metric: metric, value: value, unit: unit, reason: value == nil ? reason : nil))
    }

    /// ours / theirs, where a larger number of ours is better.
    func ratio(_ metric: String, _ ours: Double?, _ theirs: Double?, missing reason: String?) throws {
        guard let ours, let theirs, theirs > 0 else {
            return try figure(metric, nil, "x", missing: reason ?? "one side was not measured")
        }
        try figure(metric, ours / theirs, "x")
    }
}
