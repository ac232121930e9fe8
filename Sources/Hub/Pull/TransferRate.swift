/// How fast bytes come, and how long the rest will take: over the last seconds, so that a pause shows.
package struct TransferRate: Sendable {
    /// How far back is looked.
    private static let window = Duration.seconds(10)
    /// The most marks that are kept.
    private static let most = 64

    private var marks: [(at: Duration, bytes: Int)] = []

    package init() {}

    /// So many bytes have come until then.
    package mutating func note(_ bytes: Int, at time: Duration) {
        // The last mark moves until it is far enough from the one before.
        if marks.count > 1, marks[marks.count - 1].at - marks[marks.count - 2].at < Self.window / Self.most {
            marks.removeLast()
        }
        marks.append((time, bytes))
        while marks.count > 2, time - marks[1].at >= Self.window { marks.removeFirst() }
    }

    /// Bytes a second; nil before anything is known.
    package var perSecond: Double? {
        guard let first = marks.first, let last = marks.last, last.at > first.at else { return nil }
        let seconds =
            Double((last.at - first.at).components.seconds)
            + Double((last.at - first.at).components.attoseconds) * 1e-18
        return Double(last.bytes - first.bytes) / seconds
    }

    /// Seconds that so many bytes will take; nil where nobody knows.
    package func seconds(for bytes: Int) -> Int? {
        guard let rate = perSecond, rate >= 1 else { return nil }
        let seconds = Double(bytes) / rate
        return seconds < 1e7 ? Int(seconds.rounded(.up)) : nil
    }
}
