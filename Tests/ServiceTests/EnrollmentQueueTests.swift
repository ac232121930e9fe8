import Foundations
import Service
import Testing

@Suite(.timeLimit(.minutes(10))) struct EnrollmentQueueTests {
    /// Plays steps such as "a b -a c": a letter enters for that user, "-a" ends the user's oldest that trains, and "~a"
    /// gives up the user's newest that waits. Returns who began, in order, with "!" for who was refused.
    private func played(_ steps: String, running: Int = 1, waiting: Int = 4) -> String {
        var queue = EnrollmentQueue(running: running, waiting: waiting)
        var held: [(user: Character, place: EnrollmentQueue.Place)] = []
        var log = ""
        func name(_ place: EnrollmentQueue.Place) -> String { String(UnicodeScalar(UInt8(place.user))) }
        for step in steps.split(separator: " ") {
            guard let user = step.last, let id = user.asciiValue.map(Int64.init) else { continue }
            switch step.first {
            case "-", "~":
                let wanted = held.filter { $0.user == user && queue.runs($0.place) == (step.first == "-") }
                guard let place = (step.first == "-" ? wanted.first : wanted.last)?.place else {
                    return "none: \(step)"
                }
                held.removeAll { $0.place == place }
                for begun in queue.leave(place) { log += name(begun) }
            default:
                switch queue.enter(id, always: step.first == "+") {
                case .runs(let place):
                    held.append((user, place))
                    log += name(place)
                case .waits(let place, _): held.append((user, place))
                case .full, .fullForUser: log += "!"
                }
            }
        }
        return log
    }

    @Test(arguments: [
        // One user: in order.
        ("a a a -a -a -a", "aaa"),
        // Another does not wait behind all of them.
        ("a a a b -a -b -a -a", "abaa"),
        ("a a a b b c -a -b -c -a -b -a", "abcaba"),
        // Who has just trained does not go first again.
        ("a b a -a -b -a", "aba"),
        ("a a b -a -b", "aba"),
        // A wait that is given up leaves its turn to the next.
        ("a b c ~b -a -c", "ac"),
        ("a a b ~b -a", "aa"),
        // Half of the places for one user, whatever is free.
        ("a a a a", "a!"),
        // Those without a wait get one while others hold several.
        ("a a a b b b c d e -a", "a!!b"),
        // Four users wait: there is no place for a fifth, and none for a second wait.
        ("a b c d e f b -a", "a!!b"),
        // What an earlier process had taken on has a place whatever waits.
        ("a +a +a +a +b -a", "ab"),
    ])
    func turnsGoRoundTheUsers(steps: String, begun: String) { #expect(played(steps) == begun, "\(steps)") }

    @Test func severalTrainAtOnce() {
        #expect(played("a a a b -a -a", running: 2) == "aaba")
        #expect(played("a b", running: 1, waiting: 0) == "a!")
        #expect(played("a -a b", running: 1, waiting: 0) == "ab")
    }

    @Test func whoWaitsIsToldHowManyComeBefore() {
        var queue = EnrollmentQueue(running: 1, waiting: 8)
        func ahead(_ user: Int64) -> Int? {
            switch queue.enter(user) {
            case .runs: 0
            case .waits(_, let ahead): ahead
            case .full, .fullForUser: nil
            }
        }
        #expect([ahead(1), ahead(1), ahead(1), ahead(1)] == [0, 1, 2, 3])
        // Behind the one that trains and one of the other's three.
        #expect(ahead(2) == 2)
        #expect(ahead(2) == 4)
        #expect(queue.counts.running == 1 && queue.counts.waiting == 5)
    }

    /// Whatever happens, places are neither lost nor made, bounds hold, and everybody's turn comes.
    @Test(arguments: [UInt64(1), 2, 3, 4, 5]) func randomComingsAndGoings(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var queue = EnrollmentQueue(running: 2, waiting: 6)
        var places: [EnrollmentQueue.Place] = []
        for _ in 0..<2_000 {
            if Bool.random(using: &random) {
                switch queue.enter(Int64.random(in: 0..<9, using: &random)) {
                case .runs(let place), .waits(let place, _): places.append(place)
                case .full, .fullForUser: break
                }
            } else if let place = places.randomElement(using: &random) {
                places.removeAll { $0 == place }
                for begun in queue.leave(place) { #expect(places.contains(begun) && queue.runs(begun)) }
                #expect(queue.leave(place).isEmpty)
            }
            #expect(queue.counts.running == min(2, places.count))
            #expect(queue.counts.running + queue.counts.waiting == places.count)
            for user in Set(places.map(\.user)) {
                #expect(places.count { $0.user == user && !queue.runs($0) } <= queue.waitsPerUser)
            }
            #expect(queue.counts.waiting <= 11)
        }
        while let place = places.first(where: { queue.runs($0) }) {
            places.removeAll { $0 == place }
            _ = queue.leave(place)
        }
        #expect(places.isEmpty && queue.counts.waiting == 0)
    }
}
