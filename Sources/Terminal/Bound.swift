import ArgumentParser
import Client

/// Checks numbers before anything is sent, by the ranges the server checks.
package enum Bound {
    /// Throws for a number outside of its range; a range of `Float` holds no NaN.
    package static func check<Number: Comparable>(_ number: Number?, _ range: ClosedRange<Number>, _ option: String)
        throws
    {
        guard let number else { return }
        try RuleError.told(as: { ValidationError($0.message) }) { () throws(RuleError) in
            try Bounds.check(number, range, option)
        }
    }
}
