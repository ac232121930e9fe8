import Compute
import Foundations

/// The face keys of all of a user's persons as one matrix.
package struct FaceGallery: Sendable {
    package struct Match: Sendable, Equatable {
        /// Which of the faces is this person's; nil when none is.
        package let face: Int?
        /// Of that face, else of the nearest one; infinite without faces.
        package let distance: Float
    }

    /// `[keys, 128]`, person after person.
    private var keys: Matrix
    /// Which keys are whose.
    private let ranges: [Range<Int>]
    private let thresholds: [Float]

    /// Zeroes the keys.
    mutating func wipe() { keys.values.wipe() }

    package init(heads: [PersonHead], thresholds: [Float]) {
        var ranges: [Range<Int>] = []
        var rows = 0
        for head in heads {
            ranges.append(rows..<rows + head.keys.rows)
            rows += head.keys.rows
        }
        keys = Matrix(
            rows: rows, columns: heads.first?.keys.columns ?? 0, values: heads.flatMap(\.keys.values))
        self.ranges = ranges
        self.thresholds = thresholds
    }

    /// Bytes of the keys.
    var bytes: Int { keys.values.count * MemoryLayout<Float>.size }

    /// Distance of every face to the nearest key of every person, `[person][face]`: each what `PersonHead.distance`
    /// gives the person alone.
    package func distances(to faces: [[Float]]) -> [[Float]] {
        let all = faces.map { face in (0..<keys.rows).map { PersonHead.distance(keys.row($0), face) } }
        return ranges.map { range in
            all.map { distances in distances[range].reduce(Float.infinity) { min($0, $1) } }
        }
    }

    /// One match a person: nobody is in a picture twice, and a face is one person's.
    package func matches(_ faces: [[Float]]) -> [Match] {
        let distances = distances(to: faces)
        let matched = FaceMatching.oneToOne(distances: distances, thresholds: thresholds)
        return zip(distances, matched).map { distances, face in
            Match(face: face, distance: face.map { distances[$0] } ?? distances.min() ?? .infinity)
        }
    }
}
