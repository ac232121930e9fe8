import Foundation

/// Columns of text; the first row is the heading.
package struct Table {
    private var rows: [[String]]

    package init(_ heading: [String]) { rows = [heading] }

    package mutating func add(_ row: [String]) { rows.append(row.map(Console.shown)) }

    /// Lines with columns two spaces apart and nothing behind the last.
    var lines: [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { index, cell in
                index == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count + 2)
            }.joined()
        }
    }

    package func write() throws { try Console.out(lines.joined(separator: "\n")) }
}

/// Times and sizes as people read them.
package enum Format {
    package static func time(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000).formatted(.iso8601)
    }

    /// `v3`, or a dash for none.
    package static func version(_ number: some BinaryInteger) -> String { number == 0 ? "-" : "v\(number)" }

    package static func bytes(_ count: UInt64) -> String {
        switch count {
        case ..<1_024: "\(count) B"
        case ..<(1 << 20): String(format: "%.1f KiB", Double(count) / 1_024)
        default: String(format: "%.1f MiB", Double(count) / Double(1 << 20))
        }
    }

    package static func seconds(_ seconds: Float) -> String {
        let whole = Int(max(0, seconds).rounded())
        return whole < 60 ? "\(whole) s" : "\(whole / 60) min \(whole % 60) s"
    }
}
