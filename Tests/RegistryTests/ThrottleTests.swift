import Registry
import Testing

/// The policy over a clock of the test's own.
@Suite(.timeLimit(.minutes(10))) struct ThrottleTests {
    private let home = LoginOrigin(address: "192.0.2.1", certificate: nil)
    private let office = LoginOrigin(address: "198.51.100.7", certificate: nil)

    /// One wrong guess; nil where it was looked at and nothing was told but that it is wrong.
    private func guess(
        _ throttle: inout LoginThrottle, _ account: String, _ origin: LoginOrigin, _ now: Int64
    ) -> Int64? {
        if let wait = throttle.admit(account: account, origin: origin, now: now) { return wait }
        return throttle.failed(origin: origin, now: now)
    }

    private func isLetIn(
        _ throttle: inout LoginThrottle, _ account: String, _ origin: LoginOrigin, _ now: Int64
    ) -> Bool {
        guard throttle.admit(account: account, origin: origin, now: now) == nil else { return false }
        throttle.succeeded(account: account, origin: origin, now: now)
        return true
    }

    /// The table of the policy: after so many failures the wait begins at a second, doubles, and ends at the longest.
    @Test(
        arguments: [
            (ThrottlePolicy().pair, 5, [1_000, 2_000, 4_000], 900_000),
            (ThrottlePolicy().account, 100, [1_000], 60_000),
            (ThrottlePolicy().origin, 50, [1_000, 2_000], 900_000),
        ] as [(ThrottlePolicy.Rule, Int, [Int64], Int64)])
    func theTableIsWhatThePageSays(rule: ThrottlePolicy.Rule, free: Int, first: [Int64], longest: Int64) {
        #expect(rule.free == free && rule.firstWaitMs == first[0] && rule.longestWaitMs == longest)
        var policy = ThrottlePolicy()
        policy.pair = rule
        policy.account.free = .max
        policy.origin.free = .max
        var throttle = LoginThrottle(policy)
        var now: Int64 = 0
        for _ in 0..<free { #expect(guess(&throttle, "ann", home, now) == nil) }
        var waits: [Int64] = []
        while waits.last != longest, waits.count < 20 {
            guard let wait = guess(&throttle, "ann", home, now) else {
                Issue.record("no wait after \(waits)")
                return
            }
            waits.append(wait)
            now += wait
            #expect(guess(&throttle, "ann", home, now) == nil)
        }
        #expect(waits.starts(with: first) && waits.last == longest, "\(waits)")
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $1 == min(longest, 2 * $0) }, "\(waits)")
    }

    /// The wrong passwords of one person kept everybody out who came from the same address.
    @Test func aRightPasswordIsTakenFromAnAddressThatOthersFailedFrom() {
        var throttle = LoginThrottle(ThrottlePolicy())
        for number in 0..<500 { _ = guess(&throttle, "nobody\(number)", home, 0) }
        for _ in 0..<50 { _ = guess(&throttle, "ben", home, 0) }
        #expect(isLetIn(&throttle, "ann", home, 0))
        #expect(!isLetIn(&throttle, "ben", home, 0), "his own failures hold him up")
    }

    /// And strangers' failures on an account, from a thousand addresses, kept its owner out.
    @Test func strangersDoNotHoldUpAnAccountWhereItIsAtHome() {
        var throttle = LoginThrottle(ThrottlePolicy())
        #expect(isLetIn(&throttle, "ann", home, 0))
        for number in 0..<1_000 {
            _ = guess(&throttle, "ann", LoginOrigin(address: "203.0.113.\(number)", certificate: nil), 0)
        }
        #expect(isLetIn(&throttle, "ann", home, 0))
        // From a place it never was at, the wait is short.
        let wait = throttle.admit(account: "ann", origin: office, now: 0)
        #expect(wait.map { $0 <= 60_000 } ?? false, "\(String(describing: wait))")
    }

    /// An address that fails all the time hears the same for a name that somebody has and for one that nobody has.
    @Test func waitsDoNotTellWhichNamesExist() {
        var known = LoginThrottle(ThrottlePolicy())
        var unknown = LoginThrottle(ThrottlePolicy())
        var now: Int64 = 0
        for number in 0..<200 {
            now += 10
            // The throttle is not told which is which; what it answers is a matter of counts alone.
            let one = guess(&known, number.isMultiple(of: 2) ? "ann" : "x\(number)", home, now)
            let other = guess(&unknown, number.isMultiple(of: 2) ? "zed" : "x\(number)", home, now)
            #expect(one == other)
        }
    }

    @Test func anAddressThatFailedOftenHasOneCheckAtATime() {
        var policy = ThrottlePolicy()
        policy.origin.free = 10
        var throttle = LoginThrottle(policy)
        for number in 0..<10 { _ = guess(&throttle, "user\(number)", home, 0) }
        #expect(throttle.admit(account: "one", origin: home, now: 0) == nil)
        #expect(throttle.admit(account: "two", origin: home, now: 0) == 1_000)
        #expect(throttle.admit(account: "two", origin: office, now: 0) == nil)
        throttle.abandoned(account: "one", origin: home)
        #expect(isLetIn(&throttle, "two", home, 0))
    }

    @Test func itForgetsAndIsBounded() {
        var policy = ThrottlePolicy()
        policy.capacity = 100
        policy.pair.free = 2
        var throttle = LoginThrottle(policy)
        for number in 0..<1_000 { _ = guess(&throttle, "user\(number)", home, Int64(number)) }
        #expect(throttle.count <= 103)
        for now in [0, policy.forgetAfterMs + 1] {
            #expect(guess(&throttle, "ben", office, now) == nil)
            #expect(guess(&throttle, "ben", office, now) == nil)
            #expect(guess(&throttle, "ben", office, now) == 1_000)
        }
    }

    /// What was not looked at is no guess: a full queue of passwords made people wait for a quarter of an hour.
    @Test func attemptsThatWereNotLookedAtDoNotCount() {
        var throttle = LoginThrottle(ThrottlePolicy())
        for _ in 0..<100 {
            #expect(throttle.admit(account: "ann", origin: home, now: 0) == nil)
            throttle.abandoned(account: "ann", origin: home)
        }
        #expect(isLetIn(&throttle, "ann", home, 0))
    }

    @Test func originsAreToldApartByWhoIsBehindThem() {
        func origin(_ address: String, _ certificate: String? = nil) -> LoginOrigin {
            LoginOrigin(address: address, certificate: certificate)
        }
        #expect(origin("127.0.0.1") == .loopback && origin("::1") == .loopback && origin("127.9.9.9") != .loopback)
        #expect(origin("::ffff:127.0.0.1") == .loopback)
        #expect(origin("::ffff:192.0.2.1") == home)
        // One machine has all addresses of its network.
        #expect(origin("2001:db8:1:2::1") == origin("2001:db8:1:2:ffff::9"))
        #expect(origin("2001:db8:1:2::1") != origin("2001:db8:1:3::1"))
        // A certificate says more than the address it comes from.
        #expect(origin("127.0.0.1", "CN=ann") != origin("127.0.0.1", "CN=ben"))
        #expect(origin("192.0.2.1", "CN=ann") == origin("198.51.100.7", "CN=ann"))
        var throttle = LoginThrottle(ThrottlePolicy())
        for _ in 0..<20 { _ = guess(&throttle, "ann", origin("127.0.0.1"), 0) }
        #expect(isLetIn(&throttle, "ann", origin("127.0.0.1", "CN=ann"), 0))
    }

    /// The same, through the registry: names, passwords and addresses of real logins.
    @Test func theRegistryLetsTheRightOnesIn() async throws {
        let harness = try Harness()
        for name in ["anna", "berta"] { _ = try await harness.user(name) }
        for number in 0..<90 {
            _ = try? await harness.login(
                number.isMultiple(of: 3) ? "berta" : "nobody\(number)", password: "wrong horse")
        }
        _ = try await harness.login("anna")
        let held = await expectError(.resourceExhausted, "wait") { try await harness.login("berta") }
        #expect(held?.retryAfterMs.map { $0 <= 900_000 } ?? false)
        // Beside the wrong password of a known name an unknown name looks the same.
        let known = await expectError(.resourceExhausted) { try await harness.login("anna", password: "wrong horse") }
        let unknown = await expectError(.resourceExhausted) {
            try await harness.login("carla", password: "wrong horse")
        }
        #expect(known?.message.prefix(29) == unknown?.message.prefix(29))
    }
}
