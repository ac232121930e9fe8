import RPCTransport
import Synchronization
import Testing
import WaitingTestSupport

/// What happened, in order. Safe from any thread.
private final class Diary: Sendable {
    private let entries = Mutex<[String]>([])

    var all: [String] { entries.withLock { $0 } }

    func note(_ text: String) { entries.withLock { $0.append(text) } }
}

/// A loop's thread, its queue and its timers.
@Suite(.timeLimit(.minutes(10))) struct EventLoopTests {
    /// Runs work on the loop and returns after it.
    private func on<Result: Sendable>(_ loop: EventLoop, _ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in loop.submit { continuation.resume(returning: work()) } }
    }

    @Test func workRunsInOrderOnOneThread() async throws {
        let loop = try EventLoop()
        let diary = Diary()
        #expect(!loop.isCurrent)
        for number in 0..<100 {
            loop.submit { diary.note("\(number) \(loop.isCurrent)") }
        }
        await on(loop) {}
        #expect(diary.all == (0..<100).map { "\($0) true" })
    }

    /// Submitted on its own thread work runs at once; posted, after what runs now.
    @Test func submittedInPlaceAndPostedLater() async throws {
        let loop = try EventLoop()
        let diary = Diary()
        await on(loop) {
            loop.post { diary.note("posted") }
            loop.submit { diary.note("submitted") }
            diary.note("end")
        }
        await on(loop) {}
        #expect(diary.all == ["submitted", "end", "posted"])
    }

    @Test func manyThreadsLoseNoWork() async throws {
        let loop = try EventLoop()
        let diary = Diary()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask { for _ in 0..<200 { loop.post { diary.note("") } } }
            }
        }
        await on(loop) {}
        #expect(diary.all.count == 10_000)
    }

    /// Tasks that prefer the loop run on its thread.
    @Test func itIsAnExecutor() async throws {
        let loop = try EventLoop()
        let wasThere = await withTaskExecutorPreference(loop) { loop.isCurrent }
        #expect(wasThere)
    }

    @Test func whatWasSubmittedBeforeTheEndStillRuns() async throws {
        let diary = Diary()
        for _ in 0..<20 {
            let loop = try EventLoop()
            for _ in 0..<50 { loop.post { diary.note("") } }
        }
        #expect(diary.all.count == 1000, "the last reference waits for the thread")
    }

    @Test func aTimerOfTheMachinesTimeFiresOnce() async throws {
        let loop = try EventLoop()
        let diary = Diary()
        await on(loop) {
            _ = LoopTimer(loop, after: .milliseconds(1)) { diary.note("\(loop.isCurrent)") }
            let never = LoopTimer(loop, after: .milliseconds(1)) { diary.note("cancelled") }
            never.cancel()
            never.cancel()
            _ = LoopTimer(loop, after: .seconds(-5)) { diary.note("\(loop.isCurrent)") }
        }
        try await eventually("both have fired") { diary.all.count >= 2 }
        await on(loop) {}
        #expect(diary.all == ["true", "true"])
    }
}

/// A time that a test moves.
@Suite(.timeLimit(.minutes(10))) struct ManualTimeTests {
    private func add(
        _ loop: EventLoop, _ milliseconds: Int, _ work: @escaping @Sendable () -> Void
    ) async {
        await withCheckedContinuation { continuation in
            loop.submit {
                _ = LoopTimer(loop, after: .milliseconds(milliseconds), work)
                continuation.resume()
            }
        }
    }

    /// Each timer runs at its own time on its own loop, those of one time in the order they were made.
    @Test func timersRunInTheOrderOfTheirTimes() async throws {
        let time = ManualTime()
        let start = time.now
        let loops = [try EventLoop(time: time), try EventLoop(time: time)]
        let diary = Diary()
        for (name, loop, after) in [("a", 0, 30), ("b", 1, 10), ("c", 0, 20), ("d", 1, 20), ("e", 0, 41)] {
            let loop = loops[loop]
            await add(loop, after) {
                diary.note("\(name) \((loop.now - start) / .milliseconds(1)) \(loop.isCurrent)")
            }
        }
        await time.advance(by: .milliseconds(9))
        #expect(diary.all.isEmpty && time.now - start == .milliseconds(9))
        await time.advance(by: .milliseconds(31))
        #expect(diary.all == ["b 10.0 true", "c 20.0 true", "d 20.0 true", "a 30.0 true"])
        #expect(time.now - start == .milliseconds(40) && time.waiting == 1)
        await time.advance(by: .milliseconds(1))
        #expect(diary.all.last == "e 41.0 true" && time.waiting == 0)
    }

    /// A timer that makes the next one is a clock.
    @Test func timersMadeByTimersRunToo() async throws {
        let time = ManualTime()
        let loop = try EventLoop(time: time)
        let diary = Diary()
        @Sendable func tick(_ number: Int) {
            diary.note("\(number)")
            if number < 10 { _ = LoopTimer(loop, after: .milliseconds(5)) { tick(number + 1) } }
        }
        await add(loop, 5) { tick(1) }
        await time.advance(by: .milliseconds(34))
        #expect(diary.all == (1...6).map { "\($0)" })
        await time.advance(by: .seconds(1))
        #expect(diary.all.count == 10)
    }

    /// One that is cancelled, by another that is due at the same time too, does not run.
    @Test func cancelledTimersDoNotRun() async throws {
        let time = ManualTime()
        let loop = try EventLoop(time: time)
        let diary = Diary()
        await withCheckedContinuation { continuation in
            loop.submit {
                let later = Mutex<LoopTimer?>(nil)
                _ = LoopTimer(loop, after: .milliseconds(10)) {
                    diary.note("first")
                    later.withLock { $0 }?.cancel()
                }
                later.withLock { $0 = LoopTimer(loop, after: .milliseconds(10)) { diary.note("second") } }
                continuation.resume()
            }
        }
        await time.advance(by: .seconds(1))
        #expect(diary.all == ["first"] && time.waiting == 0)
    }

    /// What was given to a loop before a timer is due has run before it.
    @Test func workComesBeforeTheTimerItWasGivenBefore() async throws {
        let time = ManualTime()
        let loop = try EventLoop(time: time)
        let diary = Diary()
        await add(loop, 1) { diary.note("timer") }
        for _ in 0..<10 { loop.post { diary.note("work") } }
        await time.advance(by: .milliseconds(1))
        #expect(diary.all == [String](repeating: "work", count: 10) + ["timer"])
    }

    /// Ends are bounded by the machine's time, and a loop that is gone has no timers.
    @Test func whatBoundsAnEndIsReal() async throws {
        let time = ManualTime()
        let diary = Diary()
        do {
            let loop = try EventLoop(time: time)
            await add(loop, 10) { diary.note("never") }
            await withCheckedContinuation { continuation in
                loop.submit {
                    _ = LoopTimer(loop, after: .milliseconds(1), isReal: true) {
                        diary.note("real")
                        continuation.resume()
                    }
                }
            }
        }
        await time.advance(by: .seconds(1))
        #expect(diary.all == ["real"] && time.waiting == 0)
    }
}
