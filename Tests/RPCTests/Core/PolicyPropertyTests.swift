import PropertyTestSupport
import RPCCore
import Testing

/// What is true of the policies of connections and calls, whatever comes in whatever order.
@Suite(.timeLimit(.minutes(10))) struct PolicyPropertyTests {
    private let start = ContinuousClock.now

    /// No more than the burst and what the time since gives, and never less than a second's share after a second.
    @Test(arguments: Seeds.some()) func aRateIsABurstAndAShareOfTime(_ seed: UInt64) {
        var random = Seeded(seed)
        let (perSecond, burst) = (Double(random.number(1...50)), Double(random.number(1...100)))
        var limit = RateLimit(perSecond: perSecond, burst: burst)
        var (now, allowed) = (Duration.zero, 0)
        for _ in 0..<2000 {
            now += .milliseconds(random.number(0...40))
            if limit.allow(now: start + now) { allowed += 1 }
            #expect(Double(allowed) <= burst + now / .seconds(1) * perSecond + 1e-6)
        }
        #expect(limit.allow(now: start + now + .seconds(1)) == true)
    }

    /// A model of the keepalive: a peer that answers every ping in time is never given up, one that does not is, when its
    /// time is over.
    @Test(arguments: Seeds.some()) func onlySilencePeersAreGivenUp(_ seed: UInt64) {
        var random = Seeded(seed)
        let (interval, timeout) = (random.number(5...60), random.number(2...20))
        var keepalive = Keepalive(
            interval: .seconds(interval), timeout: .seconds(timeout), idleTimeout: nil, now: start)
        var (heard, pinged) = (0, Int?.none)
        for second in 1...500 {
            let now = start + .seconds(second)
            if random.once(in: 25) {
                keepalive.heard(now: now)
                (heard, pinged) = (second, nil)
            }
            switch keepalive.tick(now: now, streams: 1) {
            case .ping:
                #expect(pinged == nil && second - heard >= interval)
                pinged = second
            case .dead:
                #expect(pinged.map { second - $0 >= timeout } == true)
                return
            case .none:
                #expect(pinged.map { second - $0 < timeout } ?? (second - heard < interval))
            case .idle: Issue.record("nobody asked for an idle timeout")
            }
        }
    }

    /// Connections that come and go, become known and give way: limits hold, and known ones never give way.
    @Test(arguments: Seeds.some()) func placesAreNeitherLostNorMade(_ seed: UInt64) {
        var random = Seeded(seed)
        let limits = ConnectionCensus.Limits(
            connections: random.number(20...200), connectionsPerPlace: random.number(3...40))
        var census = ConnectionCensus(limits)
        var alive: [ConnectionCensus.ID: (place: String, isKnown: Bool)] = [:]
        var (admitted, refused) = (0, 0)
        for _ in 0..<3000 {
            switch random.number(0...9) {
            case 0...5:
                let place = random.once(in: 8) ? "127.0.0.1" : "10.0.0.\(random.number(1...9))"
                switch census.admit(place) {
                case .admit(let id, let victim):
                    admitted += 1
                    #expect(alive[id] == nil, "a name is given once")
                    if let victim {
                        refused += 1
                        #expect(alive[victim]?.isKnown == false, "a known connection gave way")
                        alive[victim] = nil
                    }
                    alive[id] = (place, false)
                case .refuse:
                    refused += 1
                    let ofPlace = alive.values.filter { $0.place == place }
                    let strangers = alive.values.contains { !$0.isKnown }
                    #expect(
                        !strangers || ofPlace.count >= limits.connectionsPerPlace,
                        "refused while a stranger could have given way")
                }
            case 6...7:
                if let id = alive.keys.sorted().randomElement(using: &random) {
                    census.recognize(id)
                    alive[id]?.isKnown = true
                }
            default:
                if let id = alive.keys.sorted().randomElement(using: &random) {
                    census.leave(id)
                    alive[id] = nil
                }
            }
            #expect(census.count == alive.count && alive.count <= limits.connections)
            #expect(census.admitted == admitted && census.refused == refused)
            #expect(alive.values.filter { !$0.isKnown }.count <= limits.strangers)
            let most = Dictionary(grouping: alive.values) { $0.place }.values.map(\.count).max() ?? 0
            #expect(most <= limits.connectionsPerPlace)
        }
    }

    /// Calls and bytes of many accounts: bounds hold at every moment, and everything is given back in the end.
    @Test(arguments: Seeds.some()) func bytesAreCountedAndGivenBack(_ seed: UInt64) {
        var random = Seeded(seed)
        let users = RequestBounds(calls: 20, callsPerAccount: 6, bytes: 1000, bytesPerAccount: 400)
        let strangers = RequestBounds(calls: 5, callsPerAccount: 2, bytes: 100, bytesPerAccount: 60)
        var ledger = RequestLedger(users: users, strangers: strangers)
        var calls: [(account: CallAccount, bytes: Int)] = []
        func held(_ account: CallAccount) -> Int { calls.filter { $0.account == account }.reduce(0) { $0 + $1.bytes } }
        func pool(_ isUser: Bool) -> [(account: CallAccount, bytes: Int)] {
            calls.filter { if case .user = $0.account { isUser } else { !isUser } }
        }
        for _ in 0..<3000 {
            let account: CallAccount =
                random.once(in: 3) ? .stranger("p\(random.number(0...2))") : .user(Int64(random.number(0...4)))
            let isUser = if case .user = account { true } else { false }
            let bounds = isUser ? users : strangers
            switch random.number(0...2) {
            case 0:
                let own = calls.filter { $0.account == account }.count
                do throws(RequestLedger.Refusal) {
                    try ledger.open(account)
                    calls.append((account, 0))
                    #expect(own < bounds.callsPerAccount && pool(isUser).count <= bounds.calls)
                } catch {
                    #expect(own >= bounds.callsPerAccount || pool(isUser).count >= bounds.calls, "\(error)")
                }
            case 1:
                guard let place = calls.indices.randomElement(using: &random) else { continue }
                let bytes = random.number(1...300)
                let (whose, before) = (calls[place].account, held(calls[place].account))
                let isKnown = if case .user = whose { true } else { false }
                let limit = isKnown ? users : strangers
                let all = pool(isKnown).reduce(0) { $0 + $1.bytes }
                do throws(RequestLedger.Refusal) {
                    try ledger.reserve(bytes, whose)
                    calls[place].bytes += bytes
                    #expect(before + bytes <= limit.bytesPerAccount && all + bytes <= limit.bytes)
                } catch {
                    // Nobody may have more than is left for the others.
                    #expect(
                        before + bytes > limit.bytesPerAccount || before + bytes > limit.bytes - all, "\(error)")
                }
            default:
                guard let place = calls.indices.randomElement(using: &random) else { continue }
                let call = calls.remove(at: place)
                let early = random.number(0...call.bytes)
                ledger.release(early, call.account)
                ledger.close(call.account, bytes: call.bytes - early)
            }
            #expect(ledger.calls == calls.count && ledger.bytes == calls.reduce(0) { $0 + $1.bytes })
        }
        for call in calls { ledger.close(call.account, bytes: call.bytes) }
        #expect(ledger.calls == 0 && ledger.bytes == 0)
    }

    /// Whatever a server's call sends, a client's call understands, and both end in the same status.
    @Test(arguments: Seeds.some()) func bothSidesOfACallAgree(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<300 {
            var (server, client) = (ServerCallState(), ClientCallState())
            let messages = random.number(0...3)
            let code = random.pick(StatusCode.allCases)
            let error = code == .ok ? nil : RPCError(code: code, message: random.text(0...20))
            var ended: StatusCode?
            func read(_ fields: [HeaderField], ends: Bool) {
                switch client.receive(fields, ends: ends) {
                case .succeeded: ended = .ok
                case .failed(let told):
                    ended = told.code
                    #expect(told.message.unicodeScalars.elementsEqual((error?.message ?? "").unicodeScalars))
                case .initial, .ignore: break
                }
            }
            for _ in 0..<messages where server.send() == .headersThenMessage {
                read(ServerCallState.responseHeaders, ends: false)
            }
            let status = ServerCallState.status(error, requestID: "7")
            switch server.finish() {
            case .trailersOnly: read(ServerCallState.responseHeaders + status, ends: true)
            case .trailers: read(status, ends: true)
            case .drop: Issue.record("a call that had no status dropped it")
            }
            #expect(ended == code && server.isOver)
            #expect(client.close(errorCode: 8) == nil)
            #expect(server.finish() == .drop)
            #expect(server.send() == .drop)
        }
    }
}
