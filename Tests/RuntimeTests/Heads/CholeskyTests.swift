import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct CholeskyTests {
    private static func product(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    /// M M^T + I of a random M: positive definite, its least eigenvalue at least 1.
    private static func matrix(_ size: Int, seed: UInt64) -> [[Double]] {
        var random = TestRandom(seed: seed)
        let root = (0..<size).map { _ in random.floats(size).map(Double.init) }
        return (0..<size).map { row in
            (0..<size).map { column in Self.product(root[row], root[column]) + (row == column ? 1 : 0) }
        }
    }

    @Test(arguments: [1, 2, 7, 40])
    func solvesWhatItFactored(size: Int) {
        let matrix = Self.matrix(size, seed: UInt64(size))
        let root = Cholesky(size: size, least: 0.5) { matrix[$0][$1] }
        let x = (0..<size).map { Double($0) - 3.5 }
        let solved = root.solved(matrix.map { Self.product($0, x) })
        // Double precision times the condition of a matrix whose eigenvalues lie between 1 and `size` squared.
        for (found, expected) in zip(solved, x) { #expect(abs(found - expected) < 1e-10) }
        // x^T A^-1 x is the squared length of L^-1 x.
        let white = root.whitened(x)
        #expect(abs(Self.product(white, white) - Self.product(x, root.solved(x))) < 1e-10)
    }

    @Test func aPivotThatRoundingLostIsTheLeast() {
        let root = Cholesky(size: 2, least: 0.25) { _, _ in 1 }
        #expect(root.whitened([0, 1]) == [0, 2])
    }

    @Test func nothingIsSolvedForNothing() {
        #expect(Cholesky(size: 0, least: 1) { _, _ in 0 }.solved([]).isEmpty)
    }
}
