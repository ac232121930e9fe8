import RPCCore
import Testing

extension Inbox {
    fileprivate mutating func receive(_ bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { receive($0) } }
}

@Suite struct InboxTests {
    @Test func aClosedGateHoldsEverythingAndReadsNothing() {
        var inbox = Inbox(messageLimit: 0, isOpen: false)
        let frame = Framer.frame([1, 2, 3])
        #expect(inbox.receive(frame) == 0)
        inbox.end()
        #expect(inbox.next() == .wait)
        #expect(inbox.open(messageLimit: 3) == frame.count)
        #expect(inbox.next() == .message([1, 2, 3], release: 0))
        #expect(inbox.next() == .end)
    }

    @Test func aSlowReaderHoldsTheWindowAndGivesItBack() {
        var inbox = Inbox(messageLimit: 100, waitingLimit: 150, isOpen: true)
        let frame = Framer.frame([UInt8](repeating: 1, count: 100))
        #expect(inbox.receive(frame) == 105)
        #expect(inbox.receive(frame) == 0, "200 bytes wait: above the limit")
        #expect(inbox.receive(frame) == 0)
        #expect(inbox.next() == .message([UInt8](repeating: 1, count: 100), release: 0))
        #expect(inbox.next() == .message([UInt8](repeating: 1, count: 100), release: 210))
        #expect(inbox.next() == .message([UInt8](repeating: 1, count: 100), release: 0))
        #expect(inbox.next() == .wait)
    }

    @Test func aMessageLongerThanTheWaitingLimitStillArrives() {
        var inbox = Inbox(messageLimit: 1000, waitingLimit: 10, isOpen: true)
        let frame = Framer.frame([UInt8](repeating: 7, count: 1000))
        let released = frame.dropLast().reduce(0) { $0 + inbox.receive([$1]) }
        #expect(released == frame.count - 1, "its own bytes are released while it grows")
        #expect(inbox.isInsideMessage)
        #expect(inbox.receive([7]) == 0)
        #expect(inbox.next() == .message([UInt8](repeating: 7, count: 1000), release: 1))
    }

    /// The bug this type exists for: a window that stays closed while nobody holds a message.
    @Test func everyByteIsReleasedOnceInAnyOrderOfEvents() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix(state: seed)
        for round in 0..<200 {
            var inbox = Inbox(messageLimit: 300, waitingLimit: 200, isOpen: false)
            let messages = (0..<20).map { _ in
                [UInt8](repeating: 3, count: Int.random(in: 0...300, using: &generator))
            }
            var stream = messages.flatMap { Framer.frame($0) }
            let total = stream.count
            var released = 0
            var found: [[UInt8]] = []
            var opened = false
            while found.count < messages.count {
                switch Int.random(in: 0..<3, using: &generator) {
                case 0 where !stream.isEmpty:
                    let count = min(stream.count, Int.random(in: 1...400, using: &generator))
                    released += inbox.receive(Array(stream.prefix(count)))
                    stream.removeFirst(count)
                case 1 where !opened:
                    opened = true
                    released += inbox.open(messageLimit: 300)
                default:
                    if case .message(let message, let count) = inbox.next() {
                        found.append(message)
                        released += count
                    }
                }
            }
            #expect(found == messages, "seed \(seed) round \(round)")
            #expect(released == total, "seed \(seed) round \(round)")
        }
    }

    @Test func aFailureComesAfterTheMessagesBeforeIt() {
        var inbox = Inbox(messageLimit: 3, isOpen: true)
        _ = inbox.receive(Framer.frame([1]) + [0, 0, 0, 0, 4])
        #expect(inbox.next() == .message([1], release: 0))
        #expect(inbox.next() == .failed(.tooLarge(length: 4, limit: 3)))
        #expect(inbox.receive([1, 2, 3, 4]) == 4, "what comes after a failure is let through and dropped")
    }

    @Test func anEndInsideAMessageIsAFailure() {
        var inbox = Inbox(messageLimit: 3, isOpen: true)
        _ = inbox.receive([0, 0, 0, 0, 3, 1])
        inbox.end()
        #expect(inbox.next() == .failed(.truncated))
    }
}

/// SplitMix64, so that a failing seed can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
