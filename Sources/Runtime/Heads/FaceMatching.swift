/// Which face is whose: nobody is in a picture twice, and a face is one person's.
package enum FaceMatching {
    /// The face of each person, nil for those who are not there. `distances[person][face]`; a person takes a face at
    /// most `thresholds[person]` away. The nearest pair of all is matched first, then the nearest of those left; ties
    /// go to the earlier person, then the earlier face.
    package static func oneToOne(distances: [[Float]], thresholds: [Float]) -> [Int?] {
        var pairs: [(distance: Float, person: Int, face: Int)] = []
        for (person, row) in distances.enumerated() {
            for (face, distance) in row.enumerated() where distance <= thresholds[person] {
                pairs.append((distance, person, face))
            }
        }
        pairs.sort { ($0.distance, $0.person, $0.face) < ($1.distance, $1.person, $1.face) }
        var matched = [Int?](repeating: nil, count: distances.count)
        var taken: Set<Int> = []
        for pair in pairs where matched[pair.person] == nil && !taken.contains(pair.face) {
            matched[pair.person] = pair.face
            taken.insert(pair.face)
        }
        return matched
    }
}
