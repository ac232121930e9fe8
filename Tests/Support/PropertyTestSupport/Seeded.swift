internal import Foundation
internal import Foundations

/// The seeds that properties are tried with: the same on every run, so that a failure is one on the next machine too. A
/// test that fails names its seed; `MYVLM_TEST_SEEDS=7,8` tries those alone, and `MYVLM_TEST_SEEDS=new` others each time.
package enum Seeds {
    /// So many seeds.
    package static func some(_ count: Int = 12) -> [UInt64] {
        switch ProcessInfo.processInfo.environment["MYVLM_TEST_SEEDS"] {
        case nil: (1...UInt64(count)).map { $0 }
        case "new"?: (0..<count).map { _ in UInt64.random(in: .min ... .max) }
        case let text?: text.split(separator: ",").compactMap { UInt64($0) }
        }
    }
}

/// Random input for a property: the same for the same seed.
package struct Seeded: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix64

    package init(_ seed: UInt64) { numbers = SplitMix64(seed: seed) }

    package mutating func next() -> UInt64 { numbers.next() }

    /// A number of a range.
    package mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True once in so many times.
    package mutating func once(in times: Int) -> Bool { number(1...times) == 1 }

    /// One of several.
    package mutating func pick<Element>(_ choices: [Element]) -> Element { choices[number(0...choices.count - 1)] }

    /// Bytes, so many of them.
    package mutating func bytes(_ count: ClosedRange<Int>) -> [UInt8] {
        let length = number(count)
        return (0..<length).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// Finite floats of every size.
    package mutating func floats(_ count: Int) -> [Float] {
        (0..<count).map { _ in
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: next()))
            return value.isFinite ? value : 0
        }
    }

    /// Text of every sort: letters, spaces, signs, composed and combining characters, other scripts, emoji.
    package mutating func text(_ count: ClosedRange<Int>) -> String {
        let ranges: [ClosedRange<UInt32>] = [
            0x20...0x7E, 0x61...0x7A, 0x61...0x7A, 0xA0...0x24F, 0x300...0x36F, 0x391...0x3C9, 0x5D0...0x5EA,
            0x4E00...0x4FFF, 0x1F300...0x1F64F, 0x9...0xD,
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<number(count) {
            let range = pick(ranges)
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &self)) { scalars.append(scalar) }
        }
        return String(scalars)
    }

    /// Bytes that once meant something, damaged as files and connections damage them: bits flipped, bytes changed, a part
    /// left out, doubled, or replaced by noise, the end cut off.
    package mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<number(1...3) {
            guard !bytes.isEmpty else { return bytes }
            let start = number(0...bytes.count - 1)
            let end = min(bytes.count, start + number(1...16))
            switch number(0...6) {
            case 0: bytes[start] ^= 1 << UInt8(number(0...7))
            case 1: bytes[start] = pick([0, 1, 0x7F, 0x80, 0xFF])
            case 2: bytes.removeSubrange(start..<end)
            case 3: bytes.insert(contentsOf: bytes[start..<end], at: start)
            case 4: bytes.replaceSubrange(start..<end, with: self.bytes(0...16))
            case 5: bytes.removeSubrange(start...)
            default: bytes[start] = UInt8(truncatingIfNeeded: next())
            }
        }
        return bytes
    }
}
