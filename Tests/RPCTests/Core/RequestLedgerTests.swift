import RPCCore
import Testing

/// Messages that were never finished took all of the server's memory, counted by nobody.
@Suite(.timeLimit(.minutes(10))) struct RequestLedgerTests {
    private func ledger() -> RequestLedger {
        RequestLedger(
            users: RequestBounds(calls: 10, callsPerAccount: 4, bytes: 1000, bytesPerAccount: 400),
            strangers: RequestBounds(calls: 4, callsPerAccount: 2, bytes: 100, bytesPerAccount: 50))
    }

    @Test func callsAreCountedByAccountAndInAll() throws {
        var ledger = ledger()
        for _ in 0..<4 { try ledger.open(.user(1)) }
        #expect(throws: RequestLedger.Refusal.tooManyCalls(4)) { try ledger.open(.user(1)) }
        for _ in 0..<4 { try ledger.open(.user(2)) }
        for _ in 0..<2 { try ledger.open(.user(3)) }
        #expect(throws: RequestLedger.Refusal.tooManyCallsInAll) { try ledger.open(.user(4)) }
        ledger.close(.user(1), bytes: 0)
        try ledger.open(.user(4))
        #expect(ledger.calls == 10)
    }

    @Test func strangersHaveAPoolOfTheirOwn() throws {
        var ledger = ledger()
        for _ in 0..<2 { try ledger.open(.stranger("a")) }
        #expect(throws: RequestLedger.Refusal.tooManyCalls(2)) { try ledger.open(.stranger("a")) }
        for _ in 0..<2 { try ledger.open(.stranger("b")) }
        #expect(throws: RequestLedger.Refusal.tooManyCallsInAll) { try ledger.open(.stranger("c")) }
        #expect(throws: RequestLedger.Refusal.tooManyBytes(limit: 50)) { try ledger.reserve(51, .stranger("a")) }
        try ledger.open(.user(1))
        try ledger.reserve(400, .user(1))
    }

    @Test func nobodyHoldsMoreThanIsLeftForTheOthers() throws {
        var ledger = ledger()
        for user: Int64 in 1...6 { try ledger.open(.user(user)) }
        try ledger.reserve(400, .user(1))
        #expect(throws: RequestLedger.Refusal.tooManyBytes(limit: 400)) { try ledger.reserve(1, .user(1)) }
        try ledger.reserve(300, .user(2))
        #expect(throws: RequestLedger.Refusal.tooManyBytesInAll) { try ledger.reserve(100, .user(2)) }
        try ledger.reserve(150, .user(3))
        try ledger.reserve(75, .user(4))
        try ledger.reserve(10, .user(5))
        #expect(ledger.bytes == 935)
        ledger.release(400, .user(1))
        try ledger.reserve(100, .user(2))
        for user: Int64 in 1...6 {
            ledger.close(.user(user), bytes: [0, 0, 400, 150, 75, 10, 0][Int(user)])
        }
        #expect(ledger.bytes == 0 && ledger.calls == 0)
    }

    @Test func anEbbIsToldOnce() throws {
        var ledger = ledger()
        try ledger.open(.user(1))
        try ledger.reserve(300, .user(1))
        #expect(ledger.hasEbbed(from: 200) == false)
        ledger.close(.user(1), bytes: 300)
        #expect(ledger.hasEbbed(from: 200) == true)
        #expect(ledger.hasEbbed(from: 200) == false)
    }
}
