import Runtime
import Testing

@Suite(.timeLimit(.minutes(10))) struct TurnQueueTests {
    /// Letters are keys, in the order they put something in; then the order they come out.
    @Test(arguments: [
        ("", ""), ("a", "a"), ("aaab", "abaa"), ("aabbc", "abcab"), ("abcabc", "abcabc"), ("aaaaabbbc", "abcababaa"),
    ]) func keysTakeTurns(put: String, taken: String) throws {
        var queue = TurnQueue<Character, Int>()
        for (index, key) in put.enumerated() { try queue.append(index, for: key) }
        var order = ""
        var last: [Character: Int] = [:]
        while let next = queue.next() {
            order.append(next.key)
            #expect(next.element > last[next.key] ?? -1, "a key's elements come out as they went in")
            last[next.key] = next.element
        }
        #expect(order == taken && queue.isEmpty)
    }

    /// One key puts in a thousand; another's element, which comes last, is taken second.
    @Test func aFloodDelaysOthersByOneElement() throws {
        var queue = TurnQueue<String, Int>()
        for index in 0..<1_000 { try queue.append(index, for: "flood") }
        _ = queue.next()
        try queue.append(-1, for: "quiet")
        #expect(queue.next()?.key == "flood")
        #expect(queue.next()?.element == -1)
    }

    @Test func limitsAreKeptAndSayWhich() throws {
        var queue = TurnQueue<String, Int>(limit: 3, limitPerKey: 2)
        let first = try queue.append(1, for: "a")
        try queue.append(2, for: "a")
        #expect(throws: TurnQueue<String, Int>.Full.key) { try queue.append(3, for: "a") }
        try queue.append(4, for: "b")
        #expect(throws: TurnQueue<String, Int>.Full.queue) { try queue.append(5, for: "c") }
        #expect(queue.remove(first) == 1)
        #expect(queue.remove(first) == nil)
        try queue.append(6, for: "a")
        #expect(queue.count == 3 && queue.count(of: "a") == 2 && queue.count(of: "c") == 0)
    }

    @Test func whoMayNotBeNextIsPassedAndKeepsItsTurn() throws {
        var queue = TurnQueue<String, Int>()
        for key in ["a", "b", "c"] { try queue.append(key == "a" ? 0 : 1, for: key) }
        #expect(queue.next { $1 > 0 }?.key == "b")
        #expect(queue.keys == ["a", "c"])
        #expect(queue.next { $1 > 5 } == nil)
        #expect(queue.next()?.key == "a")
    }

    /// Random operations against arrays.
    @Test(arguments: [1, 2, 3, 4]) func itIsWhatASimpleModelIs(seed: UInt64) throws {
        var random = TestRandom(seed: seed)
        var queue = TurnQueue<Int, Int>(limit: 40, limitPerKey: 12)
        var model: [(key: Int, elements: [(Int, TurnQueue<Int, Int>.Ticket)])] = []
        for step in 0..<20_000 {
            let key = Int.random(in: 0..<6, using: &random)
            let place = model.firstIndex { $0.key == key }
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let count = model.reduce(0) { $0 + $1.elements.count }
                let isFull = count == 40 || place.map { model[$0].elements.count == 12 } ?? false
                guard let ticket = try? queue.append(step, for: key) else {
                    #expect(isFull, "step \(step)")
                    continue
                }
                #expect(!isFull, "step \(step)")
                if let place {
                    model[place].elements.append((step, ticket))
                } else {
                    model.append((key, [(step, ticket)]))
                }
            case 5..<7:
                let taken = queue.next()
                #expect(taken?.key == model.first?.key && taken?.element == model.first?.elements.first?.0)
                Self.take(&model, 0)
            case 7:
                let taken = queue.next { candidate, _ in candidate % 2 == 0 }
                let expected = model.firstIndex { $0.key % 2 == 0 }
                #expect(taken?.element == expected.flatMap { model[$0].elements.first?.0 })
                if let expected { Self.take(&model, expected) }
            default:
                guard let place, let chosen = model[place].elements.indices.randomElement(using: &random) else {
                    continue
                }
                let (element, ticket) = model[place].elements.remove(at: chosen)
                #expect(queue.remove(ticket) == element)
                #expect(queue.remove(ticket) == nil)
                if model[place].elements.isEmpty { model.remove(at: place) }
            }
            #expect(queue.keys == model.map(\.key), "step \(step)")
            #expect(queue.count(of: key) == model.first { $0.key == key }?.elements.count ?? 0)
        }
    }

    /// The first element of a line goes, and the line goes last.
    private static func take(_ model: inout [(key: Int, elements: [(Int, TurnQueue<Int, Int>.Ticket)])], _ place: Int) {
        guard model.indices.contains(place) else { return }
        var line = model.remove(at: place)
        line.elements.removeFirst()
        if !line.elements.isEmpty { model.append(line) }
    }
}
