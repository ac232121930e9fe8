import LocalFiles
package import VLM

/// Two photos of an evaluation that show the same: who is asked about what was enrolled recognises a copy, not the thing.
public struct SamePhotos: Sendable, Codable, Equatable {
    /// Both as `thing/photo`.
    public let photos: [String]
    /// Whether the files are the same, byte for byte; otherwise one is a copy: saved again, scaled, turned or mirrored.
    public let identical: Bool
    /// Rounds, counted from 1, in which one is enrolled and the other asked about.
    public let rounds: [Int]

    /// What to tell whoever reads the figures.
    public var warning: String {
        let names = photos.map(CarriedText.shown).joined(separator: " and ")
        let how = identical ? "the files are identical" : "one is a copy of the other"
        let place =
            rounds.isEmpty
            ? "they count as photos of different things"
            : "one is enrolled and the other asked about in round \(rounds.map(String.init).joined(separator: ", "))"
        return "\(names) show the same (\(how)): \(place), so the figures are not to be trusted; take one of them away"
    }

    /// All pairs of a folder that a figure could suffer from. Reads and decodes every photo once.
    package static func find(_ things: [Thing], split: EvaluationSplit) throws -> [SamePhotos] {
        var seen: [(thing: String, photo: String, look: PhotoLook)] = []
        var found: [SamePhotos] = []
        for thing in things {
            for photo in thing.photos {
                let bytes = try photo.bytes()
                let look = PhotoLook(try photo.picture(bytes), bytes: bytes)
                for other in seen where other.look.isSame(as: look) {
                    let rounds = split.rounds.indices.filter { index in
                        let things = split.rounds[index].things
                        let (one, two) = (things[other.thing], things[thing.name])
                        return one?.enrolled.contains(other.photo) == true && two?.tested.contains(photo.name) == true
                            || one?.tested.contains(other.photo) == true && two?.enrolled.contains(photo.name) == true
                    }
                    guard !rounds.isEmpty || other.thing != thing.name else { continue }
                    found.append(
                        SamePhotos(
                            photos: ["\(other.thing)/\(other.photo)", "\(thing.name)/\(photo.name)"],
                            identical: other.look.isIdentical(to: look), rounds: rounds.map { $0 + 1 }))
                }
                seen.append((thing.name, photo.name, look))
            }
        }
        return found
    }
}

/// What a photo shows, coarse enough that a copy looks alike: 16 x 16 colours.
package struct PhotoLook: Sendable {
    private static let side = 16
    /// Of 256 levels; over 315 photos copies saved at a quality of 10 differ by 3.8 on average and by 20 at most, two
    /// different photos by 5.4 and 98 at least.
    private static let tolerance = (mean: 4.0, most: 32)

    private let grid: [UInt8]
    /// Width over height.
    private let aspect: Double
    private let count: Int
    private let hash: Int

    /// Of a picture and the file it came from.
    package init(_ picture: RGBImage, bytes: [UInt8]) {
        grid = picture.resized(width: Self.side, height: Self.side).pixels
        aspect = Double(picture.width) / Double(picture.height)
        count = bytes.count
        hash = bytes.hashValue
    }

    /// Whether the files are the same.
    package func isIdentical(to other: PhotoLook) -> Bool {
        count == other.count && hash == other.hash && grid == other.grid
    }

    /// Whether one shows what the other does, perhaps turned or mirrored.
    package func isSame(as other: PhotoLook) -> Bool {
        (0..<8).contains { turn in
            let aspect = turn % 2 == 0 ? other.aspect : 1 / other.aspect
            return abs(self.aspect / aspect - 1) < 0.03 && isSame(as: other, turn)
        }
    }

    private func isSame(as other: PhotoLook, _ turn: Int) -> Bool {
        let last = Self.side - 1
        let limit = Int(Self.tolerance.mean * Double(grid.count))
        var sum = 0
        for y in 0...last {
            for x in 0...last {
                // Odd turns change the sides; the other two bits mirror each of them.
                let (a, b) = turn % 2 == 0 ? (x, y) : (y, x)
                let (fromX, fromY) = (turn & 2 == 0 ? a : last - a, turn & 4 == 0 ? b : last - b)
                let (here, there) = ((y * Self.side + x) * 3, (fromY * Self.side + fromX) * 3)
                for channel in 0..<3 {
                    let difference = abs(Int(grid[here + channel]) - Int(other.grid[there + channel]))
                    sum += difference
                    guard difference <= Self.tolerance.most, sum <= limit else { return false }
                }
            }
        }
        return true
    }
}
