import RPC
import Service
import Testing

/// Who gets room for photos, and who gives way.
@Suite(.timeLimit(.minutes(10))) struct UploadLedgerTests {
    private static let mib = 1 << 20

    private func limits(_ change: (inout UploadLimits) -> Void = { _ in }) -> UploadLimits {
        var limits = UploadLimits(ServiceConfiguration())
        change(&limits)
        return limits
    }

    /// Fills as much as a user gets, in steps of a MiB over the uploads that are allowed; returns the MiB.
    private func fill(_ ledger: inout UploadLedger, _ owner: Int64, now: Int64 = 0, uploads: Int = 4) -> Int {
        var taken = 0
        for number in 0..<uploads {
            let id = "\(owner)/\(number)"
            guard (try? ledger.begin(id, owner: owner, now: now)) != nil else { break }
            while (try? ledger.add(Self.mib, to: id, now: now)) != nil { taken += 1 }
        }
        return taken
    }

    /// Four users used to be able to take all the room there was, for half an hour.
    @Test func noFewUsersTakeAllTheRoom() throws {
        var ledger = UploadLedger(limits())
        let greedy = (1...Int64(4)).map { fill(&ledger, $0) }
        #expect(greedy == [256, 256, 96, 32])
        // Everybody else has room for an ordinary upload, twelve at once.
        for user in Int64(10)..<22 { #expect(fill(&ledger, user) == 32, "user \(user)") }
        #expect(ledger.bytes <= 1 << 30)
        #expect(throws: RPCError.self) {
            _ = try ledger.begin("late", owner: 99, now: 0)
            _ = try ledger.add(Self.mib, to: "late", now: 0)
        }
    }

    /// What is complete and nobody enrolls gives way when there is no room else, the oldest first.
    @Test func idleOnesGiveWay() throws {
        var ledger = UploadLedger(
            limits {
                $0.bytes = 8
                $0.bytesPerUser = 8
                $0.uploadsPerUser = 2
            })
        for (number, id) in ["a", "b", "c", "d"].enumerated() {
            _ = try ledger.begin(id, owner: Int64(number), now: 0)
            _ = try ledger.add(2, to: id, now: 0)
            try ledger.addPhoto(to: id)
            _ = try ledger.complete(id, now: Int64(number))
        }
        _ = try ledger.begin("e", owner: 9, now: 10)
        let early = #expect(throws: RPCError.self) { _ = try ledger.add(1, to: "e", now: 10) }
        #expect(early?.code == .resourceExhausted && early?.trailers["retry-after-ms"] != nil)
        #expect(try ledger.add(1, to: "e", now: 60_001) == ["a"])
        #expect(try ledger.add(1, to: "e", now: 60_001).isEmpty)
        #expect(ledger.entries.keys.sorted() == ["b", "c", "d", "e"])
    }

    /// Four refused enrollments used to lock their user out for half an hour.
    @Test func onesOwnIdleUploadsGiveWayToANewOne() throws {
        var ledger = UploadLedger(limits())
        for number in 0..<4 {
            _ = try ledger.begin("\(number)", owner: 1, now: 0)
            try ledger.addPhoto(to: "\(number)")
            _ = try ledger.complete("\(number)", now: 0)
        }
        let full = #expect(throws: RPCError.self) { _ = try ledger.begin("new", owner: 1, now: 59_999) }
        #expect(full?.message.contains("myvlm uploads") == true)
        #expect(try ledger.begin("new", owner: 1, now: 60_000) == ["0"])
        // Photos that are still coming in never give way.
        _ = try ledger.begin("2nd", owner: 2, now: 0)
        _ = try ledger.begin("3rd", owner: 2, now: 0)
        _ = try ledger.begin("4th", owner: 2, now: 0)
        _ = try ledger.begin("5th", owner: 2, now: 0)
        #expect(throws: RPCError.self) { _ = try ledger.begin("6th", owner: 2, now: 100_000) }
    }
}
