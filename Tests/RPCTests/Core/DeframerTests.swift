import RPCCore
import Testing

private func drain(_ deframer: inout Deframer) throws -> [[UInt8]] {
    var messages: [[UInt8]] = []
    while let message = try deframer.next() { messages.append(message) }
    return messages
}

@Suite(.timeLimit(.minutes(10))) struct DeframerTests {
    private let messages: [[UInt8]] = [[], [1], Array(0..<200), [], [9, 9]]

    @Test func everySplitGivesTheSameMessages() throws {
        let stream = messages.flatMap { Framer.frame($0) }
        for first in 0...stream.count {
            for second in first...stream.count {
                var deframer = Deframer(limit: 200)
                var found: [[UInt8]] = []
                for piece in [stream[..<first], stream[first..<second], stream[second...]] {
                    Array(piece).withUnsafeBytes { deframer.append($0) }
                    found += try drain(&deframer)
                }
                #expect(found == messages, "split at \(first) and \(second)")
                #expect(!deframer.isInsideMessage)
            }
        }
    }

    @Test func aPrefixIsAnnouncedBeforeItsMessage() throws {
        var deframer = Deframer(limit: 10)
        ([0, 0, 0, 0] as [UInt8]).withUnsafeBytes { deframer.append($0) }
        #expect(try deframer.announced() == nil)
        ([3, 1, 2] as [UInt8]).withUnsafeBytes { deframer.append($0) }
        #expect(try deframer.announced() == 3)
        #expect(try deframer.announced() == 3, "asked twice it says the same")
        #expect(deframer.unread == 2)
        #expect(try deframer.next() == nil)
        #expect(deframer.unread == 0)
        ([3, 0] as [UInt8]).withUnsafeBytes { deframer.append($0) }
        #expect(try deframer.next() == [1, 2, 3])
        #expect(deframer.unread == 1)
    }

    @Test func aReaderThatIsAlwaysBehindGetsEveryByte() throws {
        var deframer = Deframer(limit: 1000)
        let message = [UInt8](repeating: 5, count: 1000)
        let frame = Framer.frame(message)
        var found = 0
        frame.withUnsafeBytes { for _ in 0..<40 { deframer.append($0) } }
        for _ in 0..<400 {
            frame.withUnsafeBytes { deframer.append($0) }
            #expect(try deframer.next() == message)
            found += 1
        }
        while let next = try deframer.next() {
            #expect(next == message)
            found += 1
        }
        #expect(found == 440 && deframer.unread == 0)
    }

    @Test func aTooLongMessageFailsAtItsPrefix() throws {
        var deframer = Deframer(limit: 10)
        ([0, 0, 0, 0, 11] as [UInt8]).withUnsafeBytes { deframer.append($0) }
        #expect(throws: DeframerFailure.tooLarge(length: 11, limit: 10)) { try deframer.next() }
    }

    @Test func flagsAreChecked() {
        var compressed = Deframer(limit: 10)
        ([1, 0, 0, 0, 0] as [UInt8]).withUnsafeBytes { compressed.append($0) }
        #expect(throws: DeframerFailure.compressed) { try compressed.next() }
        var unknown = Deframer(limit: 10)
        ([7, 0, 0, 0, 0] as [UInt8]).withUnsafeBytes { unknown.append($0) }
        #expect(throws: DeframerFailure.invalidFlag(7)) { try unknown.next() }
    }
}
