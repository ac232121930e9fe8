import Compute
import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct PersonHeadTests {
    @Test func distanceIsToTheNearestKeyAndTheBoundaryFires() {
        var keys = Matrix(rows: 2, columns: 128)
        keys[0, 0] = 1
        keys[1, 1] = 0.6
        let head = PersonHead(keys: keys)
        #expect(head.distance(to: [Float](repeating: 0, count: 128)) == PersonHead.threshold)
        #expect(head.distance(to: [Float](repeating: 0, count: 128)) <= PersonHead.threshold)
    }

    @Test func noKeysAreInfinitelyFar() {
        #expect(PersonHead(keys: Matrix(rows: 0, columns: 128)).distance(to: []) == .infinity)
    }
}

@Suite(.timeLimit(.minutes(10))) struct FaceMatchingTests {
    @Test func nobodyIsThereTwice() {
        // Two persons, three faces: the second face is nearest to both, the first person is nearer.
        let matched = FaceMatching.oneToOne(
            distances: [[0.5, 0.2, 0.9], [0.55, 0.3, 0.58]], thresholds: [0.6, 0.6])
        #expect(matched == [1, 0])
        #expect(FaceMatching.oneToOne(distances: [[0.2, 0.3]], thresholds: [0.6]) == [0], "one face is enough")
        #expect(FaceMatching.oneToOne(distances: [[0.61], [0.6]], thresholds: [0.6, 0.6]) == [nil, 0])
        #expect(FaceMatching.oneToOne(distances: [[0.4], [0.4]], thresholds: [0.6, 0.6]) == [0, nil])
        #expect(FaceMatching.oneToOne(distances: [[]], thresholds: [0.6]) == [nil])
        #expect(
            FaceMatching.oneToOne(distances: [[0.5], [0.3]], thresholds: [0.6, 0.2]) == [0, nil], "thresholds differ")
    }
}
