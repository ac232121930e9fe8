import CMessages
import CProtobufC
import Foundation
import PropertyTestSupport
import RPCMessages
import Testing

private let generous = Goldens.generous

private func goldens() throws -> [String: [String]] { try Goldens.read("messages") }

private func bytes(_ hex: String) -> [UInt8] { Goldens.bytes(hex) }

private func again(_ type: any WireMessage.Type, _ bytes: [UInt8]) throws -> [UInt8] { try Goldens.again(type, bytes) }

@Suite(.timeLimit(.minutes(10))) struct MessageTests {
    /// The bytes come from Google's implementation with every field set (python/make_goldens.py).
    @Test func everyMessageHasGooglesBytes() throws {
        let goldens = try goldens()
        #expect(Set(goldens.keys) == Set(MessageCatalog.all.map { $0.fullName }))
        for type in MessageCatalog.all {
            for hex in try #require(goldens[type.fullName]) {
                #expect(try again(type, bytes(hex)) == bytes(hex), "\(type.fullName)")
            }
        }
    }

    @Test func fieldsStandWhereTheirNamesSay() throws {
        let hex = try #require(try goldens()["myvlm.v1.Recognition"]?.first)
        let recognition = try Recognition(decoding: bytes(hex), limits: generous)
        let box = Box(x: 1.5, y: 2.5, width: 3.5, height: 4.5)
        #expect(
            recognition
                == Recognition(
                    concept: "concept é€😀", version: 2000, score: 3.5, threshold: 4.5, fired: true, boxes: [box, box],
                    heat: [7.5, 7.5], heatColumns: 8000, identifier: "identifier é€😀"))
        let user = User(name: "a", role: .admin, createdAtMs: -1)
        #expect(
            try user.encode() == [0x0A, 1, 0x61, 0x10, 2, 0x18] + [UInt8](repeating: 0xFF, count: 9) + [1])
        #expect(try EnrollEvent(event: .note(EnrollNote(text: "x"))).encode() == [0x22, 3, 0x0A, 1, 0x78])
    }

    @Test func emptyMessagesAreEmpty() throws {
        for type in MessageCatalog.all { #expect(try again(type, []).isEmpty) }
        #expect(try EnrollEvent(decoding: [], limits: generous).event == nil)
        #expect(try LoginReply(decoding: [], limits: generous).user == nil)
    }

    @Test func unknownEnumValuesAndFieldsSurvive() throws {
        let user = try User(decoding: [0x10, 0x63, 0xF8, 0x3F, 5], limits: generous)
        #expect(user.role == .unrecognized(99))
        #expect(try user.encode() == [0x10, 0x63])
    }

    @Test func textIsUTF8WithoutNUL() throws {
        for text: [UInt8] in [[0x61, 0, 0x62], [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80]] {
            #expect(throws: MessageError.self, "\(text)") {
                try User(decoding: [0x0A, UInt8(text.count)] + text, limits: generous)
            }
        }
        #expect { try User(name: "a\0b").encode() } throws: { ($0 as? MessageError)?.code == .invalidText }
        #expect { try LoginRequest(user: "x", password: "secret\0").encode() } throws: {
            !"\($0)".contains("secret")
        }
    }

    @Test func damagedMessagesAreRefused() throws {
        for type in MessageCatalog.all {
            #expect(throws: MessageError.self, "\(type.fullName)") { try again(type, [0x0A, 0x7F, 1]) }
            #expect(throws: MessageError.self) { try again(type, [0xFF]) }
        }
    }

    @Test func amplificationMeetsTheBudget() throws {
        // Two bytes for each empty user; unpacked each takes a struct and a pointer.
        let users = [UInt8]((0..<262_144).flatMap { _ in [0x0A, 0] as [UInt8] })
        #expect { try ListUsersReply(decoding: users, limits: generous) } throws: {
            ($0 as? MessageError)?.code == .malformed
        }
        let unknown = [UInt8]((0..<262_144).flatMap { _ in [0x78, 0] as [UInt8] })
        #expect(throws: MessageError.self) { try User(decoding: unknown, limits: generous) }
        let some = Array(users.prefix(2000))
        #expect(try ListUsersReply(decoding: some, limits: generous).users.count == 1000)
        #expect {
            try User(decoding: [0x0A, 1, 0x61], limits: MessageLimits(frameBytes: 2, unpackedBytes: 1000))
        } throws: {
            ($0 as? MessageError)?.code == .tooLarge
        }
    }

    @Test(arguments: Seeds.some(6)) func randomBytesNeverCrash(_ seed: UInt64) {
        var generator = Seeded(seed)
        var read = 0
        for _ in 0..<60 {
            let noise = (0..<Int.random(in: 0...64, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            for type in MessageCatalog.all where (try? again(type, noise)) != nil { read += 1 }
        }
        #expect(read > 0, "the empty ones at least are messages; seed \(seed)")
    }

    /// protobuf-c has no nesting limit: a recursive type would let 3 KB of input use up a stack.
    @Test func noMessageContainsItself() {
        var count: UInt32 = 0
        let all = myvlm_message_descriptors(&count)
        var onPath: [String] = []
        func walk(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) {
            let name = String(cString: descriptor.pointee.name)
            #expect(!onPath.contains(name), "recursive: \(onPath + [name])")
            guard !onPath.contains(name) else { return }
            onPath.append(name)
            for index in 0..<Int(descriptor.pointee.n_fields) {
                let field = descriptor.pointee.fields[index]
                if field.type == PROTOBUF_C_TYPE_MESSAGE, let inner = field.descriptor {
                    walk(inner.assumingMemoryBound(to: ProtobufCMessageDescriptor.self))
                }
            }
            onPath.removeLast()
        }
        for index in 0..<Int(count) {
            if let descriptor = all?[index] { walk(descriptor) }
        }
        #expect(Int(count) == MessageCatalog.all.count)
    }
}
