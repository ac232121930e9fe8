import RPCCore
import Testing

@Suite(.timeLimit(.minutes(10))) struct FloodGuardTests {
    private let start = ContinuousClock.now

    private func fresh() -> FloodGuard {
        FloodGuard(strikesPerSecond: 50, strikeBurst: 200, headerBytesPerSecond: 1000)
    }

    @Test func aFewHundredStrikesAtOnceAreTooMany() {
        var flood = fresh()
        for _ in 0..<200 { #expect(flood.strike(now: start) == nil) }
        #expect(flood.strike(now: start) != nil)
        #expect(flood.strike(now: start + .seconds(1)) == nil)
    }

    @Test func gRPCsClientsHearThatTheyPingTooOften() {
        var flood = fresh()
        for _ in 0..<20 { #expect(flood.ping(now: start) == nil) }
        #expect(flood.ping(now: start)?.data == "too_many_pings")
    }

    @Test func windowUpdatesAreFreeForWhoeverReads() {
        var flood = fresh()
        for _ in 0..<10_000 {
            flood.sentData()
            for _ in 0..<2 { #expect(flood.windowUpdate(now: start) == nil) }
        }
        var idle = fresh()
        let first = (0..<2000).first { _ in idle.windowUpdate(now: start) != nil }
        #expect(first == 712, "512 are free, and 200 strikes follow")
    }

    @Test func headersOfStrangersAreBoundedByTime() {
        var flood = fresh()
        for _ in 0..<8 { #expect(flood.strangersHeaders(1000, now: start) == nil) }
        #expect(flood.strangersHeaders(1000, now: start) != nil)
        #expect(flood.strangersHeaders(1000, now: start + .seconds(1)) == nil)
    }
}
