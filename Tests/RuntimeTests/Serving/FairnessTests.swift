import Runtime
import Testing

/// The values that decide who is next.
@Suite(.timeLimit(.minutes(10))) struct FairnessTests {
    /// Also who had a little once: what the others had meanwhile is not owed.
    @Test func whoComesBackStartsLevel() {
        var shares = FairShares<String>()
        shares.charge("early", 1)
        for _ in 0..<3 {
            shares.begin("steady")
            shares.charge("steady", 5)
        }
        #expect(shares.level == 10 && shares.used("steady") == 15)
        #expect(shares.used("early") == 10 && shares.used("new") == 10)
    }

    /// Three want the machine all the time, with jobs of 1, 5 and 20 seconds: each gets a third of it, give or take a job.
    @Test func timeIsSharedEquallyWhateverJobsTake() {
        var shares = FairShares<String>()
        let cost = ["short": 1.0, "middle": 5, "long": 20]
        var had = ["short": 0.0, "middle": 0, "long": 0]
        for _ in 0..<1_000 {
            guard let next = had.keys.min(by: { (shares.used($0), $0) < (shares.used($1), $1) }) else { return }
            shares.begin(next)
            shares.charge(next, cost[next] ?? 0)
            had[next, default: 0] += cost[next] ?? 0
        }
        let (least, most) = (had.values.min() ?? 0, had.values.max() ?? 0)
        #expect(most - least <= 40 && least > 300, "\(had)")
    }

    /// Being away saves nothing up, and going away pays nothing back.
    @Test func awayIsNeitherSavingNorPaying() {
        var shares = FairShares<String>()
        shares.begin("busy")
        shares.charge("busy", 100)
        shares.begin("busy")
        #expect(shares.used("new") == 100)
        shares.charge("busy", 30)
        #expect(shares.used("busy") == 130 && shares.used("new") == 100)
        shares.begin("new")
        for user in 0..<1_000 { shares.charge("crowd \(user)", 1) }
        #expect(shares.used("busy") == 130, "what is owed is kept whoever comes")
    }

    @Test func halfTheHouseIsForOneAndRoomIsLeftForTheNext() {
        var places = AdmissionPlaces(limit: 72)
        func fill(_ user: String) -> Int {
            var taken = 0
            while places.enter(user) { taken += 1 }
            return taken
        }
        #expect(fill("a") == 36)
        #expect(fill("b") == 18)
        #expect(fill("c") == 9)
        #expect(fill("quiet") == 5, "three who take all they can leave room for a fourth")
        while places.held(by: "a") > 0 { places.leave("a") }
        #expect(fill("b") == 11)
    }

    /// Who takes what is free again and again ends with an equal part, and as much is left.
    @Test(arguments: 1...8) func floodsEndWithEqualPlaces(users: Int) {
        var places = AdmissionPlaces(limit: 72)
        var random = TestRandom(seed: UInt64(users))
        for _ in 0..<20_000 {
            let user = "\(Int.random(in: 0..<users, using: &random))"
            if Int.random(in: 0..<3, using: &random) == 0, places.held(by: user) > 0 {
                places.leave(user)
            } else {
                _ = places.enter(user)
            }
            #expect(places.inside < 72)
        }
        for user in 0..<users { #expect(places.held(by: "\(user)") <= 36) }
        let isIn = places.enter("quiet")
        #expect(isIn)
    }

    @Test func theLastPlaceOfATinyHouseIsTaken() {
        var places = AdmissionPlaces(limit: 1)
        let entered = ["a", "b"].map { places.enter($0) }
        places.leave("a")
        let then = places.enter("b")
        #expect(entered == [true, false] && then)
    }

    private static func arrivals(_ wanted: [(String, Int)]) -> TurnQueue<String, Int> {
        var queue = TurnQueue<String, Int>()
        for (user, width) in wanted { _ = queue.append(unlimited: width, for: user) }
        return queue
    }

    @Test func aFullBatchHasRoomForWhoHasNothingInIt() {
        var places = BatchPlaces(width: 8)
        var flood = Self.arrivals((0..<40).map { _ in ("flood", 1) })
        var inside = 0
        while places.next(of: &flood, width: { $0 }) != nil { inside += 1 }
        #expect(inside == 8)
        _ = flood.append(unlimited: 1, for: "quiet")
        #expect(places.next(of: &flood, width: { $0 })?.held.user == "quiet")
        #expect(places.next(of: &flood, width: { $0 }) == nil)
    }

    @Test func amongOthersTheBatchIsSharedEqually() {
        var places = BatchPlaces(width: 8)
        var waiting = Self.arrivals((0..<40).flatMap { _ in [("a", 1), ("b", 1)] })
        var held: [BatchPlaces.Held] = []
        while let next = places.next(of: &waiting, width: { $0 }) { held.append(next.held) }
        #expect(held.count { $0.user == "a" } == 4 && held.count { $0.user == "b" } == 4)
        for one in held { places.leave(one) }
        #expect(places.firsts == 0 && places.shared == 0)
    }

    /// A search that needs the whole width, beside users whose short answers come without end.
    @Test func aWideSearchIsNotPassedForEver() throws {
        var places = BatchPlaces(width: 8)
        var waiting = Self.arrivals((0..<20).flatMap { _ in [("a", 1), ("b", 1), ("c", 1)] })
        var running: [BatchPlaces.Held] = []
        while let next = places.next(of: &waiting, width: { $0 }) { running.append(next.held) }
        _ = waiting.append(unlimited: 8, for: "wide")
        for _ in 0..<60 {
            places.leave(running.removeFirst())
            while let next = places.next(of: &waiting, width: { $0 }) {
                running.append(next.held)
                if next.held.user == "wide" { return }
                _ = waiting.append(unlimited: 1, for: next.held.user)
            }
        }
        Issue.record("sixty answers ended, and the search did not begin")
    }

    @Test(arguments: [
        // Alone, a user steps all that fits.
        ([("a", 1), ("a", 1), ("a", 1)], 8, [1, 1, 1]), ([("a", 16)], 8, [8]),
        // Among others each steps one, the one that began first.
        ([("a", 1), ("a", 1), ("b", 1)], 8, [1, 0, 1]), ([("a", 16), ("b", 1)], 8, [1, 1]),
        ([("a", 1), ("b", 1), ("c", 1)], 2, [1, 1, 0]), ([], 8, []),
    ]) func aStepIsSharedBetweenUsers(answers: [(String, Int)], width: Int, counts: [Int]) {
        var plan = RoundPlan()
        #expect(plan.counts(of: answers.map { (user: $0.0, pending: $0.1) }, width: width) == counts)
    }

    @Test func whoDoesNotFitIsFirstInTheNextStep() {
        var plan = RoundPlan()
        let answers = (0..<5).map { (user: "\($0)", pending: 1) }
        var stepped = [Int](repeating: 0, count: 5)
        for _ in 0..<10 {
            let counts = plan.counts(of: answers, width: 2)
            #expect(counts.reduce(0, +) == 2)
            for index in counts.indices { stepped[index] += counts[index] }
        }
        #expect(stepped == [4, 4, 4, 4, 4])
    }
}
