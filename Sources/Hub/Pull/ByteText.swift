/// Sizes and times for people.
package enum ByteText {
    /// `1.3 GB`, `513 MB`, `12 kB`, `7 bytes`.
    package static func size(_ bytes: Int) -> String {
        let steps: [(Double, String)] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")]
        for (step, unit) in steps where Double(bytes) >= step {
            let value = Double(bytes) / step
            let tenths = (value * 10).rounded() / 10
            return tenths < 10 ? "\(tenths) \(unit)" : "\(Int(value.rounded())) \(unit)"
        }
        return "\(bytes) bytes"
    }

    /// `7 s`, `3 min 20 s`, `2 h 5 min`.
    package static func time(_ seconds: Int) -> String {
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3_600 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
    }
}
