import RPCCore
import Testing

/// Connections that say nothing, opened from a few addresses, shut out every new client.
@Suite(.timeLimit(.minutes(10))) struct ConnectionCensusTests {
    private func census(_ connections: Int, _ perPlace: Int, strangers: Int? = nil) -> ConnectionCensus {
        var limits = ConnectionCensus.Limits(connections: connections, connectionsPerPlace: perPlace)
        limits.strangers = strangers ?? connections
        return ConnectionCensus(limits)
    }

    @Test func knownConnectionsAreBoundedInAllAndByPlace() {
        var census = census(3, 2)
        for id: UInt64 in 0..<2 {
            #expect(census.admit("a") == .admit(id, evicting: nil))
            census.recognize(id)
        }
        #expect(census.admit("a") == .refuse)
        #expect(census.admit("b") == .admit(2, evicting: nil))
        census.recognize(2)
        #expect(census.admit("c") == .refuse)
        census.leave(0)
        #expect(census.admit("c") == .admit(3, evicting: nil))
        census.leave(77)
        #expect(census.count == 3 && census.admitted == 4 && census.refused == 2)
    }

    @Test func theOldestStrangerOfTheSamePlaceGivesWay() {
        var census = census(10, 3)
        for id: UInt64 in 0..<3 { #expect(census.admit("a") == .admit(id, evicting: nil)) }
        census.recognize(0)
        #expect(census.admit("a") == .admit(3, evicting: 1), "the known one stays")
        census.leave(1)
        #expect(census.count == 3, "one that gave way counts no longer")
        #expect(census.admit("a") == .admit(4, evicting: 2))
    }

    @Test func whoFillsTheServerPushesOutOnlyTheirOwn() {
        var census = census(100, 50)
        for _ in 0..<3 { _ = census.admit("client") }
        for number in 0..<1000 { _ = census.admit("attacker\(number % 5)") }
        // Each new client finds room, and none of the clients' own connections was taken for it.
        var mine: [UInt64] = []
        for number in 0..<20 {
            guard case .admit(let id, let victim) = census.admit("new\(number)") else {
                Issue.record("a new client was refused")
                continue
            }
            mine.append(id)
            if let victim { #expect(victim > 2 && !mine.contains(victim)) }
        }
        #expect(census.count <= 100)
    }

    @Test func theLastPlacesAreKeptForFewAndForTheMachineItself() {
        var census = census(160, 160)
        func known(_ address: String) -> Bool {
            guard case .admit(let id, _) = census.admit(address) else { return false }
            census.recognize(id)
            return true
        }
        for _ in 0..<130 { #expect(known("busy")) }
        #expect(!known("busy"), "20 are kept for places with few connections, 10 for the machine")
        #expect(census.isCrowded)
        for number in 0..<20 { #expect(known("new\(number)")) }
        #expect(!known("another"))
        for _ in 0..<10 { #expect(known("127.0.0.1")) }
        #expect(!known("127.0.0.1"))
        #expect(census.count == 160)
    }

    @Test func strangersHaveAPartOfThePlaces() {
        var census = census(100, 100, strangers: 10)
        for id: UInt64 in 0..<10 { #expect(census.admit("a\(id)") == .admit(id, evicting: nil)) }
        guard case .admit(10, evicting: .some) = census.admit("b") else {
            Issue.record("the eleventh stranger must replace another")
            return
        }
        #expect(census.count == 10)
    }

    @Test(arguments: [
        ("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"), ("::1", "::1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:db8::7", "2001:db8:0:0::/64"),
        ("fe80::1%eth0", "fe80:0:0:0::/64"), ("2001:db8:1:2::", "2001:db8:1:2::/64"),
    ])
    func anIPv6NetworkIsOnePlace(_ address: String, _ place: String) {
        #expect(ConnectionCensus.place(address) == place)
    }
}
