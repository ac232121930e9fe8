package import Compute

/// Decides which face is one person: the distance to the nearest of the enrolled descriptors.
package struct PersonHead: Sendable, Equatable {
    /// Euclidean distance up to which two of dlib's descriptors are called the same person; the value its network was
    /// trained for (margin around 0.6). Boundary included.
    package static let threshold: Float = 0.6

    /// Enrolled descriptors, `[keys, 128]`.
    package internal(set) var keys: Matrix

    package init(keys: Matrix) {
        self.keys = keys
    }

    /// Euclidean distance of a descriptor, `[128]`, to its nearest key; infinite without keys.
    package func distance(to descriptor: [Float]) -> Float {
        (0..<keys.rows).reduce(Float.infinity) { best, row in min(best, Self.distance(keys.row(row), descriptor)) }
    }

    /// Euclidean distance of two descriptors.
    static func distance(_ key: ArraySlice<Float>, _ descriptor: [Float]) -> Float {
        let squares = zip(key, descriptor).reduce(Float(0)) { sum, pair in
            sum + (pair.0 - pair.1) * (pair.0 - pair.1)
        }
        return squares.squareRoot()
    }
}
