import Foundations
import Testing

@Suite(.timeLimit(.minutes(10))) struct LockedTests {
    private struct Refused: Error {}

    @Test func whoChangesTheValueIsAlone() async {
        let count = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<10_000 { count.withLock { $0 += 1 } } }
            }
        }
        #expect(count.value == 80_000)
    }

    @Test func aValueIsReplacedAndReadAsACopy() {
        let words = Locked(["one"])
        let before = words.value
        words.set(["two"])
        #expect(before == ["one"] && words.value == ["two"])
        #expect(words.withLock { $0.removeLast() } == "two" && words.value.isEmpty)
    }

    @Test func anErrorLeavesTheLockOpen() {
        let count = Locked(1)
        #expect(throws: Refused.self) {
            try count.withLock { value in
                value = 2
                throw Refused()
            }
        }
        count.withLock { $0 += 1 }
        #expect(count.value == 3)
    }
}
