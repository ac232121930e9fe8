import Foundations
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct AwaitedTests {
    @Test func aResultThatCameFirstIsThere() async throws {
        let awaited = Awaited<Int>()
        #expect(awaited.finish(.success(3)))
        #expect(!awaited.finish(.success(4)), "only the first counts")
        #expect(try await awaited.value {} == 3)
    }

    @Test func aResultThatComesLaterIsWaitedFor() async throws {
        for number in 0..<200 {
            let awaited = Awaited<Int>()
            async let value = awaited.value {}
            awaited.finish(.success(number))
            #expect(try await value == number)
        }
    }

    /// Turn and cancellation race; whichever the queue's lock saw first is the result, and there is one.
    @Test func whateverComesFirstOfTurnAndCancellationIsTheResult() async {
        for _ in 0..<500 {
            let awaited = Awaited<Void>()
            let queue = Place()
            let task = Task {
                try await awaited.value { if queue.take() { awaited.finish(.failure(CancellationError())) } }
            }
            let turn = Task {
                guard queue.take() else { return false }
                return awaited.finish()
            }
            task.cancel()
            let hadTurn = await turn.value
            let result = await task.result
            switch result {
            case .success: #expect(hadTurn)
            case .failure(let error): #expect(error is CancellationError && !hadTurn)
            }
        }
    }

    @Test func aTaskThatIsCancelledAlreadyIsTold() async {
        let awaited = Awaited<Int>()
        let task = Task { () async throws -> Int in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await awaited.value { awaited.finish(.failure(CancellationError())) }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

/// A queue of one.
private final class Place: Sendable {
    private let isTaken = Atomic(false)

    /// True for whoever comes first.
    func take() -> Bool { !isTaken.exchange(true, ordering: .sequentiallyConsistent) }
}
