import RPCCore
import Testing

@Suite(.timeLimit(.minutes(10))) struct ConnectionPolicyTests {
    private let start = ContinuousClock.now

    @Test func aBurstIsAllowedAndAFloodIsNot() {
        var limit = RateLimit(perSecond: 10, burst: 5)
        for _ in 0..<5 { #expect(limit.allow(now: start) == true) }
        #expect(limit.allow(now: start) == false)
        #expect(limit.allow(now: start + .milliseconds(100)) == true)
        #expect(limit.allow(now: start + .milliseconds(100)) == false)
        for step in 0..<50 { #expect(limit.allow(now: start + .seconds(10) + .milliseconds(100 * step)) == true) }
    }

    @Test func aSilentPeerIsPingedAndGivenUp() {
        var keepalive = Keepalive(interval: .seconds(10), timeout: .seconds(5), idleTimeout: nil, now: start)
        #expect(keepalive.tick(now: start + .seconds(9), streams: 1) == .none)
        #expect(keepalive.tick(now: start + .seconds(10), streams: 1) == .ping)
        #expect(keepalive.tick(now: start + .seconds(14), streams: 1) == .none)
        keepalive.heard(now: start + .seconds(14))
        #expect(keepalive.tick(now: start + .seconds(20), streams: 1) == .none)
        #expect(keepalive.tick(now: start + .seconds(24), streams: 1) == .ping)
        #expect(keepalive.tick(now: start + .seconds(29), streams: 1) == .dead)
    }

    @Test func aConnectionWithoutCallsIsIdle() {
        var keepalive = Keepalive(interval: .seconds(1000), timeout: .seconds(5), idleTimeout: .seconds(30), now: start)
        #expect(keepalive.tick(now: start, streams: 0) == .none)
        #expect(keepalive.tick(now: start + .seconds(20), streams: 1) == .none)
        #expect(keepalive.tick(now: start + .seconds(31), streams: 0) == .none, "the time starts when the call ends")
        #expect(keepalive.tick(now: start + .seconds(41), streams: 0) == .none)
        #expect(keepalive.tick(now: start + .seconds(41), streams: 0, idleLimit: .seconds(10)) == .idle)
        #expect(keepalive.tick(now: start + .seconds(61), streams: 0) == .idle)
    }
}
