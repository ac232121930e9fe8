import Compute
import Kernels
import Testing

@Test(.timeLimit(.minutes(10))) func rowsAreContiguous() {
    let matrix = Matrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6])
    #expect(Array(matrix.row(1)) == [4, 5, 6])
    #expect(matrix[0, 2] == 3)
}

@Test(.timeLimit(.minutes(10))) func dotMatchesDoublePrecision() {
    for count in [0, 1, 15, 16, 17, 333] {
        let a = (0..<count).map { Float($0 % 7) - 3 }
        let b = (0..<count).map { Float($0 % 5) * 0.5 }
        let expected = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        #expect(abs(Double(mk_dot_f32(a, b, count)) - expected) <= 1e-4 * max(1, abs(expected)))
    }
}
