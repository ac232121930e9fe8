import Foundations
import Registry
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct UncancelledTests {
    private struct Broken: Error, Equatable { let number: Int }

    @Test func whatWasBegunIsUndoneAndTheErrorGoesOn() async {
        let undone = Locked<[Int]>([])
        await #expect(throws: Broken(number: 1)) {
            try await Uncancelled.undoing {
                throw Broken(number: 1)
            } undo: { error in
                undone.withLock { $0.append((error as? Broken)?.number ?? 0) }
            }
        }
        #expect(undone.value == [1])
    }

    @Test func whatWentWellIsNotUndone() async throws {
        let undone = Locked(0)
        #expect(
            try await Uncancelled.undoing {
                7
            } undo: { _ in
                undone.withLock { $0 += 1 }
            } == 7)
        #expect(undone.value == 0)
    }

    /// A clean-up that looks whether it is cancelled used to leave what it was meant to end.
    @Test func theTasksCancellationDoesNotReachTheCleanUp() async {
        let (start, starter) = AsyncStream.makeStream(of: Void.self)
        let undone = Locked<[Bool]>([])
        let task = Task {
            try await Uncancelled.undoing {
                for await _ in start { break }
                try Task.checkCancellation()
            } undo: { error in
                undone.withLock { $0.append(error is CancellationError && !Task.isCancelled) }
            }
        }
        task.cancel()
        starter.yield()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(undone.value == [true])
    }
}
