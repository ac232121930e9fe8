/// How a pull goes on, as text: one line that is written over on a terminal, else a line now and then.
package struct PullMeter: Sendable {
    /// What is to be shown.
    package enum Output: Sendable, Equatable {
        /// A line that stays.
        case line(String)
        /// A line that the next one is written over.
        case over(String)
    }

    private let total: Int
    private let isTerminal: Bool
    private var rate = TransferRate()
    private var path = ""
    private var lastShown: Duration?
    private var tenth = 0

    /// How often a terminal's line is written anew at most.
    private static let pause = Duration.milliseconds(200)

    /// For a pull of so many bytes.
    package init(total: Int, isTerminal: Bool) {
        self.total = total
        self.isTerminal = isTerminal
    }

    /// What an event shows.
    /// - Parameter time: since any fixed moment.
    package mutating func take(_ event: PullEvent, at time: Duration) -> Output? {
        switch event {
        case .began(let path, let size, let from):
            self.path = path.shownShort
            lastShown = nil
            guard !isTerminal else { return nil }
            return .line("fetching \(self.path), \(ByteText.size(size))\(from > 0 ? ", from byte \(from) on" : "")")
        case .waiting(let seconds, let reason):
            return .line("\(reason); trying again\(seconds > 0 ? " in \(ByteText.time(seconds))" : "")")
        case .elsewhere(let path): return .line("another program is fetching \(path.shownShort); waiting for it")
        case .advanced(let bytes):
            rate.note(bytes, at: time)
            guard total > 0 else { return nil }
            let isWhole = bytes >= total
            if isTerminal {
                if let lastShown, time - lastShown < Self.pause, !isWhole { return nil }
                lastShown = time
                return .over(text(bytes) + "  " + path)
            }
            let reached = Int(Double(bytes) / Double(total) * 10)
            guard reached > tenth else { return nil }
            tenth = reached
            return .line(text(bytes))
        }
    }

    private func text(_ bytes: Int) -> String {
        var parts = ["\(Int(Double(bytes) / Double(total) * 100)) % of \(ByteText.size(total))"]
        if let speed = rate.perSecond, speed >= 1 { parts.append("\(ByteText.size(Int(speed)))/s") }
        if bytes < total, let left = rate.seconds(for: total - bytes) { parts.append("\(ByteText.time(left)) left") }
        return parts.joined(separator: ", ")
    }
}
