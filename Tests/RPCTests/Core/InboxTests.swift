import PropertyTestSupport
import RPCCore
import Testing

extension Inbox {
    fileprivate mutating func receive(_ bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { receive($0) } }
}

@Suite(.timeLimit(.minutes(10))) struct InboxTests {
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
        var inbox = Inbox(messageLimit: 100, isOpen: true)
        let message = [UInt8](repeating: 1, count: 100)
        let frame = Framer.frame(message)
        #expect(inbox.receive(frame) == 105, "the first one moves into a message")
        #expect(inbox.receive(frame) == 0, "what follows stays as it came while one waits")
        #expect(inbox.receive(frame) == 0)
        #expect(inbox.next() == .message(message, release: 105))
        #expect(inbox.next() == .message(message, release: 105))
        #expect(inbox.next() == .message(message, release: 0))
        #expect(inbox.next() == .wait)
    }

    /// Messages of users who never finished them took gigabytes: a long one comes only when there is room.
    @Test func aLongMessageWaitsForRoom() {
        var inbox = Inbox(messageLimit: 1000, freeLength: 10, isOpen: true)
        let message = [UInt8](repeating: 7, count: 1000)
        let frame = Framer.frame(message)
        #expect(inbox.receive(Array(frame[..<100])) == 5, "only the prefix is read")
        #expect(inbox.wanted == 1000)
        #expect(!inbox.isWaitingForPeer)
        #expect(inbox.receive(Array(frame[100..<200])) == 0)
        #expect(inbox.makeRoom() == 195)
        #expect(inbox.wanted == nil && inbox.isWaitingForPeer && inbox.isInsideMessage)
        #expect(inbox.receive(Array(frame[200...])) == 805, "its own bytes are released while it grows")
        #expect(inbox.next() == .message(message, release: 0))
        #expect(inbox.receive(frame) == 5)
        inbox.end()
        #expect(inbox.next() == .wait, "the end waits for the message before it")
        #expect(inbox.refuseRoom() == 1000)
        #expect(inbox.next() == .failed(.noRoom(length: 1000)))
        #expect(inbox.receive([1, 2, 3]) == 3)
    }

    @Test func aClosedInboxDropsWhatIsThereAndWhatComes() {
        var inbox = Inbox(messageLimit: 0, isOpen: false)
        #expect(inbox.receive([0, 0, 0, 0, 3, 1]) == 0)
        #expect(inbox.close() == 6)
        #expect(inbox.receive([9, 9]) == 2)
        #expect(inbox.open(messageLimit: 10) == 0)
        #expect(inbox.next() == .failed(.closed))
    }

    /// The bug this type exists for: a window that stays closed while nobody holds a message.
    @Test(arguments: Seeds.some()) func everyByteIsReleasedOnceInAnyOrderOfEvents(_ seed: UInt64) {
        var generator = Seeded(seed)
        for round in 0..<50 {
            var inbox = Inbox(messageLimit: 300, freeLength: 200, isOpen: false)
            let messages = (0..<20).map { _ in
                [UInt8](repeating: 3, count: Int.random(in: 0...300, using: &generator))
            }
            var stream = messages.flatMap { Framer.frame($0) }
            let total = stream.count
            var released = 0
            var found: [[UInt8]] = []
            var opened = false
            while found.count < messages.count {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0 where !stream.isEmpty:
                    let count = min(stream.count, Int.random(in: 1...400, using: &generator))
                    released += inbox.receive(Array(stream.prefix(count)))
                    stream.removeFirst(count)
                case 1 where !opened:
                    opened = true
                    released += inbox.open(messageLimit: 300, freeLength: 200)
                case 2 where inbox.wanted != nil: released += inbox.makeRoom()
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
        #expect(inbox.next() == .message([1], release: 5))
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
