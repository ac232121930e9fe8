import Compute

/// Inner products with a fixed order of summation: the same numbers give the same bits, alone or among others.
enum DotProduct {
    static func of(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Float {
        var lanes = SIMD16<Float>.zero
        var index = 0
        while index + 16 <= a.count {
            var x = SIMD16<Float>.zero
            var y = SIMD16<Float>.zero
            for lane in 0..<16 {
                x[lane] = a[index + lane]
                y[lane] = b[index + lane]
            }
            lanes += x * y
            index += 16
        }
        var sum = lanes.sum()
        while index < a.count {
            sum += a[index] * b[index]
            index += 1
        }
        return sum
    }

    static func of(_ a: UnsafeBufferPointer<Double>, _ b: UnsafeBufferPointer<Double>) -> Double {
        var lanes = SIMD8<Double>.zero
        var index = 0
        while index + 8 <= a.count {
            var x = SIMD8<Double>.zero
            var y = SIMD8<Double>.zero
            for lane in 0..<8 {
                x[lane] = a[index + lane]
                y[lane] = b[index + lane]
            }
            lanes += x * y
            index += 8
        }
        var sum = lanes.sum()
        while index < a.count {
            sum += a[index] * b[index]
            index += 1
        }
        return sum
    }

    /// a b^T, `[a.rows, b.rows]`: every number is bit for bit the inner product of its two rows alone.
    static func products(_ a: Matrix, _ b: Matrix) -> Matrix {
        precondition(a.columns == b.columns, "\(a.rows) x \(a.columns) times (\(b.rows) x \(b.columns))^T")
        var result = Matrix(rows: a.rows, columns: b.rows)
        let width = a.columns
        a.values.withUnsafeBufferPointer { a in
            b.values.withUnsafeBufferPointer { b in
                // A row of b stays in the cache while all of a passes by.
                for column in 0..<result.columns {
                    let right = UnsafeBufferPointer(rebasing: b[column * width..<(column + 1) * width])
                    for row in 0..<result.rows {
                        let left = UnsafeBufferPointer(rebasing: a[row * width..<(row + 1) * width])
                        result[row, column] = of(left, right)
                    }
                }
            }
        }
        return result
    }

    static func of(_ a: [Double], _ b: [Double]) -> Double {
        a.withUnsafeBufferPointer { x in b.withUnsafeBufferPointer { y in of(x, y) } }
    }

    static func of(_ a: [Float], _ b: [Float]) -> Float {
        a.withUnsafeBufferPointer { x in b.withUnsafeBufferPointer { y in of(x, y) } }
    }
}
