import Foundations
import Runtime
import Testing

/// Memory of what was erased is zeroed where it lies, not only given back.
@Suite(.timeLimit(.minutes(10))) struct WipeTests {
    private func address(_ numbers: [Float]) -> UInt { numbers.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }

    @Test func theLastHolderZeroesWhereItLies() {
        var numbers = (1...1_000).map { Float($0) }
        let before = address(numbers)
        numbers.wipe()
        #expect(address(numbers) == before && numbers.count == 1_000 && numbers.allSatisfy { $0 == 0 })
    }

    /// An answer in flight keeps what it works with.
    @Test func whoStillHoldsItKeepsIt() {
        var numbers = (1...1_000).map { Float($0) }
        let held = numbers
        numbers.wipe()
        #expect(numbers.allSatisfy { $0 == 0 })
        #expect(held.first == 1 && held.last == 1_000)
    }
}
