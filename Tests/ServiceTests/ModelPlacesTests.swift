import Foundations
import Service
import Testing

/// Which models are in memory: decided without loading any.
@Suite(.timeLimit(.minutes(10))) struct ModelPlacesTests {
    @Test func aModelIsLoadedOnceForEverybodyWhoAsks() {
        var places = ModelPlaces(bytes: [10, 10], budget: 20)
        #expect(places.phase(1) == .absent && places.bytes == 0)
        #expect(places.enter(1, nowMs: 0) == .load(dropping: []))
        #expect(places.enter(1, nowMs: 0) == .wait)
        #expect(places.phase(1) == .loading(share: 0) && places.bytes == 10)
        let told = [0.05, 0.31, 0.2, 0.39, 0.4].map { places.reached(1, share: $0) }
        #expect(told == [false, true, false, false, true], "at every tenth, and never back")
        #expect(places.phase(1) == .loading(share: 0.4))
        places.loaded(1)
        #expect(places.enter(1, nowMs: 0) == .use && places.phase(1) == .ready)
        // The other one fits beside it.
        #expect(places.enter(0, nowMs: 0) == .load(dropping: []) && places.bytes == 20)
        let late = places.reached(1, share: 0.5)
        #expect(!late, "a model that is there does not load")
    }

    @Test func whatNobodyUsesMakesRoomTheOldestFirst() {
        var places = ModelPlaces(bytes: [10, 10, 10, 20], budget: 30)
        for index in [0, 1, 2] {
            #expect(places.enter(index, nowMs: 0) == .load(dropping: []))
            places.loaded(index)
        }
        for index in [1, 0, 2] {
            let isIdle = places.leave(index)
            #expect(isIdle)
        }
        #expect(places.enter(3, nowMs: 0) == .load(dropping: [1, 0]))
        #expect(places.phase(0) == .absent && places.phase(1) == .absent && places.phase(2) == .ready)
        #expect(places.bytes == 30)
        places.loaded(3)
        // One that is in use stays, whatever comes.
        #expect(places.enter(0, nowMs: 0) == .load(dropping: [2]))
        #expect(places.enter(1, nowMs: 0) == .full(inUse: [0, 3]) && places.phase(1) == .absent)
        places.leave(3)
        #expect(places.enter(1, nowMs: 0) == .load(dropping: [3]))
    }

    @Test func aFailureStandsForAWhileAndTakesNoRoom() {
        var places = ModelPlaces(bytes: [10, 10], budget: 10)
        #expect(places.enter(1, nowMs: 5) == .load(dropping: []))
        places.failed(1, nowMs: 5)
        places.leave(1)
        #expect(places.bytes == 0 && places.enter(0, nowMs: 5) == .load(dropping: []))
        places.loaded(0)
        places.leave(0)
        #expect(places.enter(1, nowMs: 4 + ModelPlaces.retryAfterMs) == .failed)
        #expect(places.enter(1, nowMs: 5 + ModelPlaces.retryAfterMs) == .load(dropping: [0]))
    }

    /// Whatever happens in whatever order: the budget holds, and nobody loses a model that is in use.
    @Test(arguments: 1...20) func theBudgetHolds(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let sizes = (0..<5).map { _ in Int.random(in: 5...10, using: &generator) }
        var places = ModelPlaces(bytes: sizes, budget: 16)
        var users = [Int](repeating: 0, count: sizes.count)
        var refusals = 0
        for _ in 0..<400 {
            let index = Int.random(in: 0..<sizes.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0 where users[index] > 0:
                places.leave(index)
                users[index] -= 1
            case 1:
                if case .loading = places.phase(index) {
                    if Bool.random(using: &generator) { places.loaded(index) } else { places.failed(index, nowMs: 0) }
                }
            default:
                switch places.enter(index, nowMs: Int64.random(in: 0...100_000, using: &generator)) {
                case .use, .wait: users[index] += 1
                case .load(let dropped):
                    for other in dropped { #expect(users[other] == 0, "a model in use was dropped") }
                    users[index] += 1
                case .failed: break
                case .full(let inUse):
                    refusals += 1
                    #expect(!inUse.isEmpty && !inUse.contains(index))
                    for other in inUse where users[other] == 0 {
                        guard case .loading = places.phase(other) else {
                            Issue.record("a model that nobody uses is in nobody's way")
                            continue
                        }
                    }
                }
            }
            #expect(places.bytes <= 16)
        }
        #expect(refusals > 0, "nothing was ever refused")
    }
}
