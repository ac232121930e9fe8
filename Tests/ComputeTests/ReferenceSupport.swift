import Compute
import Foundation
import Kernels

/// Small seeded generator of test numbers (the compute room has none of its own).
struct TestNumbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493 }

    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Double(state >> 11) * 0x1p-53 * 2 - 1)
    }

    mutating func vector(_ count: Int, scale: Float = 1) -> [Float] { (0..<count).map { _ in next() * scale } }
    mutating func below(_ count: Int) -> Int { Int((next() + 1) / 2 * Float(count)) % count }
}

/// a `[m, k]` times b `[k, n]` in double precision.
func product(_ a: [Float], _ b: [Float], m: Int, n: Int, k: Int) -> [Double] {
    var c = [Double](repeating: 0, count: m * n)
    for i in 0..<m {
        for l in 0..<k {
            let factor = Double(a[i * k + l])
            for j in 0..<n { c[i * n + j] += factor * Double(b[l * n + j]) }
        }
    }
    return c
}

func transposed(_ a: [Float], rows: Int, columns: Int) -> [Float] {
    (0..<columns).flatMap { column in (0..<rows).map { a[$0 * columns + column] } }
}

func largestDifference(_ a: [Float], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
}

/// The instruction sets of this machine.
let instructionSets = Array(Int32(MK_PORTABLE)...mk_best_isa())

/// The derivative of `f` at `x` by central differences.
func slope(_ x: [Float], step: Float = 1e-2, _ f: ([Float]) -> Double) -> [Double] {
    x.indices.map { index in
        var up = x
        var down = x
        up[index] += step
        down[index] -= step
        return (f(up) - f(down)) / Double(up[index] - down[index])
    }
}
