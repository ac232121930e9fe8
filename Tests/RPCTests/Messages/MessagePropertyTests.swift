import Foundation
import PropertyTestSupport
import RPCMessages
import Testing

/// What is true of every message of the API, whatever bytes come.
@Suite(.timeLimit(.minutes(10))) struct MessagePropertyTests {
    private static let limits = MessageLimits(frameBytes: 1 << 20, unpackedBytes: 4 << 20)

    private static func goldens() throws -> [String: [[UInt8]]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let text = try JSONDecoder().decode(
            [String: [String]].self, from: Data(contentsOf: folder.appending(path: "Goldens/messages.json")))
        return text.mapValues { $0.map(bytes) }
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).map { $0 > 0x60 ? $0 - 0x57 : $0 - 0x30 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private func again<Message: WireMessage>(_ type: Message.Type, _ bytes: [UInt8]) throws -> [UInt8] {
        try type.init(decoding: bytes, limits: Self.limits).encode()
    }

    /// A message that was read once is written the same from then on, and damage is refused, never a trap.
    @Test(arguments: Seeds.some()) func whatIsReadIsReadTheSameAgain(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let goldens = try Self.goldens()
        var (read, refused) = (0, 0)
        for type in MessageCatalog.all {
            for golden in goldens[type.fullName] ?? [] {
                for _ in 0..<10 {
                    let damaged = random.damaged(golden)
                    do {
                        let once = try again(type, damaged)
                        #expect(try again(type, once) == once, "\(type.fullName) \(damaged)")
                        read += 1
                    } catch is MessageError {
                        refused += 1
                    }
                }
            }
        }
        #expect(read > 100 && refused > 100, "\(read) read, \(refused) refused")
    }

    /// Fields in another order, twice, and among fields of a newer release mean what proto3 says.
    @Test(arguments: Seeds.some()) func fieldsOfANewerReleaseAreLeftOut(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let goldens = try Self.goldens()
        for type in MessageCatalog.all {
            guard let golden = random.pick([goldens[type.fullName] ?? []]).first else { continue }
            // Field 1000 as a number, as eight bytes, as bytes, as four bytes.
            let unknown: [UInt8] = random.pick([
                [0xC0, 0x3E, 5], [0xC1, 0x3E, 1, 2, 3, 4, 5, 6, 7, 8], [0xC2, 0x3E, 2, 9, 9], [0xC5, 0x3E, 1, 2, 3, 4],
            ])
            #expect(try again(type, unknown + golden + unknown) == golden, "\(type.fullName)")
        }
    }

    /// Every prefix of a message is a message of fewer fields or refused; whole, it is what it was.
    @Test func everyCutIsRefusedOrAMessage() throws {
        for type in MessageCatalog.all {
            for golden in try Self.goldens()[type.fullName] ?? [] {
                for end in 0...golden.count {
                    do {
                        let once = try again(type, Array(golden[..<end]))
                        #expect(once.count <= end, "\(type.fullName) cut at \(end)")
                    } catch {
                        #expect(error is MessageError && end < golden.count, "\(type.fullName) cut at \(end)")
                    }
                }
            }
        }
    }

    /// A budget is kept whatever the bytes say.
    @Test(arguments: Seeds.some(6)) func budgetsAreKept(_ seed: UInt64) throws {
        var random = Seeded(seed)
        let goldens = try Self.goldens()
        for type in MessageCatalog.all {
            guard let golden = goldens[type.fullName]?.max(by: { $0.count < $1.count }), !golden.isEmpty else {
                continue
            }
            let limit = random.number(0...golden.count - 1)
            let small = MessageLimits(frameBytes: limit, unpackedBytes: 4 << 20)
            let error = #expect(throws: MessageError.self) { try type.init(decoding: golden, limits: small) }
            #expect(error?.code == .tooLarge)
            let tight = MessageLimits(frameBytes: 1 << 20, unpackedBytes: 16)
            #expect(throws: MessageError.self, "\(type.fullName)") { try type.init(decoding: golden, limits: tight) }
        }
    }
}
