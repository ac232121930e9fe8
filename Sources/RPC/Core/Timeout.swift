/// The `grpc-timeout` header: up to eight digits and a unit.
public enum Timeout {
    private static let units: [(Character, Duration)] = [
        ("n", .nanoseconds(1)), ("u", .microseconds(1)), ("m", .milliseconds(1)), ("S", .seconds(1)),
        ("M", .seconds(60)), ("H", .seconds(3600)),
    ]

    /// The duration a header says; nil where it is malformed.
    public static func parse(_ text: String) -> Duration? {
        guard let last = text.last, let unit = units.first(where: { $0.0 == last })?.1 else { return nil }
        let digits = text.dropLast()
        guard (1...8).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let value = Int(digits)
        else { return nil }
        return unit * value
    }

    /// The header of a duration in the finest unit that fits eight digits, rounded up so that it never ends early. A
    /// duration that has passed already gives one nanosecond.
    public static func format(_ duration: Duration) -> String {
        guard duration > .zero else { return "1n" }
        for (name, unit) in units {
            // In whole attoseconds: a quotient of doubles may come out a little too high, and the header would then be
            // one unit too large.
            let (whole, rest) = duration.attoseconds.quotientAndRemainder(dividingBy: unit.attoseconds)
            let count = rest == 0 ? whole : whole + 1
            if count <= 99_999_999 { return "\(count)\(name)" }
        }
        return "99999999H"
    }
}
