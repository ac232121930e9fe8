import ArgumentParser
import Client
import Foundation
import Foundations

/// Photos that all show something and are all different, without a folder of thousands: the quantisation tables of a
/// few JPEG files are changed at random, so that every coefficient, and with it every pixel, comes out a little other.
struct PhotoSupply: Sendable {
    private let originals: [[UInt8]]

    /// Reads the JPEG files of a folder. Throws where there are none.
    init(folder: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jpg") }.sorted()
        originals = names.compactMap { FileManager.default.contents(atPath: folder + "/" + $0).map { [UInt8]($0) } }
            .filter { Self.tables(of: $0) != [] }
        guard !originals.isEmpty else { throw ValidationError("\(folder) holds no JPEG file") }
    }

    /// The photo of a number; other numbers, other pixels.
    func photo(_ number: UInt64) -> Photo {
        var random = SplitMix64(seed: number)
        var bytes = originals[Int(random.next() % UInt64(originals.count))]
        for table in Self.tables(of: bytes) {
            for index in table {
                let step = Int(bytes[index])
                // At most a fifth more or less, and at least one where a fifth is none.
                let room = max(1, step / 5)
                let change = Int(random.next() % UInt64(2 * room + 1)) - room
                bytes[index] = UInt8(clamping: max(1, step + change))
            }
        }
        return Photo(name: "\(number).jpg", bytes: bytes)
    }

    /// Where the values of the 8-bit quantisation tables stand (ITU-T T.81, B.2.4.1).
    private static func tables(of bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var at = 2
        while at + 4 <= bytes.count, bytes[at] == 0xFF, bytes[at + 1] != 0xDA {
            let end = at + 2 + Int(bytes[at + 2]) << 8 + Int(bytes[at + 3])
            guard end <= bytes.count else { return [] }
            if bytes[at + 1] == 0xDB {
                var table = at + 4
                while table + 65 <= end, bytes[table] >> 4 == 0 {
                    found.append(table + 1..<table + 65)
                    table += 65
                }
            }
            at = end
        }
        return found
    }
}
