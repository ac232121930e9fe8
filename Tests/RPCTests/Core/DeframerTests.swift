import RPCCore
import Testing

private func drain(_ deframer: inout Deframer) throws -> [[UInt8]] {
    var messages: [[UInt8]] = []
    while let message = try deframer.next() { messages.append(message) }
    return messages
}

@Suite struct DeframerTests {
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
