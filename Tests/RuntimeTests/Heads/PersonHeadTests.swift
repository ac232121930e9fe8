import Compute
import Runtime
import Testing

@Suite struct PersonHeadTests {
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
