/// Prints figures as they come.
struct EngineReport {
    func figure(_ metric: String, _ value: Double?, _ unit: String, missing reason: String? = nil) throws {
        try Measurement(
            suite: "engine", metric: metric, value: value, unit: unit, reason: value == nil ? reason : nil
        ).print()
    }

    /// ours / theirs, where a larger number of ours is better.
    func ratio(_ metric: String, _ ours: Double?, _ theirs: Double?, missing reason: String?) throws {
        guard let ours, let theirs, theirs > 0 else {
            return try figure(metric, nil, "x", missing: reason ?? "one side was not measured")
        }
        try figure(metric, ours / theirs, "x")
    }
}
