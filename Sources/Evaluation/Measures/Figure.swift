/// One figure.
public struct Figure: Encodable, Sendable {
    /// "quality".
    public let suite: String
    /// Its name in Docs/evaluation.md.
    public let metric: String
    /// The mean over rounds; nil where there was nothing to measure.
    public let value: Double?
    /// What it counts.
    public let unit: String
    /// Half the width of the 95 % interval of the mean over rounds; nil for a single one.
    public let interval: Double?
    /// The value of each round.
    public let rounds: [Double?]

    package init(metric: String, unit: String, rounds: [Double?], value: Double? = nil) {
        suite = "quality"
        self.metric = metric
        self.unit = unit
        self.rounds = rounds
        self.value = value ?? mean(rounds)
        interval = rounds.contains(nil) ? nil : halfInterval(rounds.compactMap { $0 })
    }

    private enum CodingKeys: String, CodingKey { case suite, metric, value, unit, interval, rounds }

    /// `value` is present in every line, null where there was nothing to measure; intervals and rounds only where
    /// there were several rounds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(suite, forKey: .suite)
        try container.encode(metric, forKey: .metric)
        try container.encode(value, forKey: .value)
        try container.encode(unit, forKey: .unit)
        if rounds.count > 1 {
            try container.encode(interval, forKey: .interval)
            try container.encode(rounds, forKey: .rounds)
        }
    }
}
