internal import Foundation

/// The antialiasing filters of a resize, with Pillow's numbers for them in preprocessor configurations.
public enum ResampleFilter: Int, Sendable, CaseIterable {
    /// The nearest pixel, no filter.
    case nearest = 0
    /// Lanczos with three lobes.
    case lanczos = 1
    /// A triangle.
    case bilinear = 2
    /// Keys's cubic with a = -0.5.
    case bicubic = 3

    /// How far the filter reaches at scale 1.
    var support: Double {
        switch self {
        case .nearest: 0.5
        case .bilinear: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// The weight at a distance in pixels.
    func weight(_ distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .nearest:
            return x <= 0.5 ? 1 : 0
        case .bilinear:
            return max(1 - x, 0)
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
        case .lanczos:
            return x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
        }
    }

    private static func sinc(_ x: Double) -> Double {
        x == 0 ? 1 : sin(x * .pi) / (x * .pi)
    }
}

/// The weights of one resampling pass in Pillow's 22-bit fixed point.
struct ResamplePass {
    /// Bits behind the point: 32 less the 8 of a level and 2 to spare.
    static let precision: Int32 = 22
    /// One half, so that dropping the bits rounds.
    static let half: Int32 = 1 << (precision - 1)

    /// Of each output position: the first input it reads, how many, and where their weights begin.
    let taps: [(first: Int, count: Int, weights: Int)]
    let weights: [Int32]

    /// The weights of some positions of the result. Of a size that stays as it is every position is itself.
    init(from size: Int, to newSize: Int, filter: ResampleFilter, positions: Range<Int>) {
        if size == newSize {
            taps = positions.enumerated().map { ($0.element, 1, $0.offset) }
            weights = [Int32](repeating: 1 << Self.precision, count: positions.count)
            return
        }
        let scale = Double(size) / Double(newSize)
        let widening = max(scale, 1)
        let support = filter.support * widening
        let inverse = 1 / widening
        var taps: [(first: Int, count: Int, weights: Int)] = []
        var all: [Int32] = []
        for position in positions {
            let centre = (Double(position) + 0.5) * scale
            let first = max(Int(centre - support + 0.5), 0)
            let last = min(Int(centre + support + 0.5), size)
            let raw = (first..<last).map { filter.weight((Double($0) - centre + 0.5) * inverse) }
            let total = raw.reduce(0, +)
            taps.append((first, raw.count, all.count))
            all += raw.map { weight in
                let fixed = (total == 0 ? weight : weight / total) * Double(1 << Self.precision)
                return Int32(fixed < 0 ? fixed - 0.5 : fixed + 0.5)
            }
        }
        self.taps = taps
        weights = all
    }

    /// Inputs that any position reads.
    var reach: Range<Int> {
        let first = taps.map(\.first).min() ?? 0
        return first..<max(first, taps.map { $0.first + $0.count }.max() ?? 0)
    }

    /// The part of a position's inputs that lies in a range: where it begins there, how many, where their weights are,
    /// and the sum of the others' weights.
    func span(
        of tap: (first: Int, count: Int, weights: Int), inside range: Range<Int>
    ) -> (first: Int, count: Int, weights: Int, outside: Int32) {
        let all = tap.first..<tap.first + tap.count
        let own = all.clamped(to: range)
        let from = tap.weights + (own.isEmpty ? 0 : own.lowerBound - tap.first)
        if own.count == tap.count { return (own.lowerBound - range.lowerBound, own.count, from, 0) }
        let total = weights[tap.weights..<tap.weights + tap.count].reduce(Int32(0), &+)
        let inside = weights[from..<from + own.count].reduce(Int32(0), &+)
        return (own.isEmpty ? 0 : own.lowerBound - range.lowerBound, own.count, from, total &- inside)
    }

    /// What the positions read where every input is the same colour.
    func constant(_ colour: [UInt8]) -> [UInt8] {
        taps.flatMap { tap -> [UInt8] in
            let total = weights[tap.weights..<tap.weights + tap.count].reduce(Int32(0), &+)
            return colour.map { Self.level(Self.half &+ Int32($0) &* total) }
        }
    }

    @inline(__always)
    static func level(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> precision) }
}
