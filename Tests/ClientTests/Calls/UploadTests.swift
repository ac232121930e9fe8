import Client
import RPC
import RPCTestSupport
import Testing
import WaitingTestSupport

/// An enrollment as the client carries it out: asked for, photos sent in pieces, ordered, followed to its end.
@Suite(.timeLimit(.minutes(10))) struct UploadTests {
    private static func order(_ sizes: [Int]) -> EnrollmentOrder {
        EnrollmentOrder(
            name: "zibo", kind: .object, classNoun: "mug",
            photos: sizes.enumerated().map { index, size in
                Photo(
                    name: "p\(index)",
                    bytes: [0xFF, 0xD8, 0xFF] + (3..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ index) })
            }, captions: [(0, "a {concept}")], seed: 7, condition: .onlyNew, reason: "why")
    }

    /// A server that takes everything, but for what `refuse` refuses.
    private static func server(
        refuse: @escaping @Sendable (String) throws -> Void = { _ in }, events: [EnrollEvent]? = nil
    ) throws -> ScriptedServer {
        try ScriptedServer { script in
            script.on(ConceptsMethods.checkEnrollment) { _ in
                try refuse("check")
                return CheckEnrollmentReply()
            }
            script.on(ConceptsMethods.uploadPhotos, refuse: { _ in try refuse("piece") }) { pieces in
                try refuse("upload")
                return UploadReceipt(
                    uploadId: "u1", photos: UInt32(pieces.filter(\.last).count),
                    bytes: pieces.reduce(0) { $0 + UInt64($1.data.count) })
            }
            script.on(ConceptsMethods.enroll) { _, writer in
                try refuse("enroll")
                for event in events ?? [done] { try await writer.write(event) }
                try refuse("after")
            }
            script.on(ConceptsMethods.dropUpload) { _ in DropUploadReply(photos: 1) }
        }
    }

    private static let done = EnrollEvent(
        event: .done(EnrollDone(version: .init(concept: "zibo", number: 3), created: true)))

    private func run(_ server: ScriptedServer, _ order: EnrollmentOrder) async throws -> [EnrollmentEvent] {
        let client = MyVLMClient(channel: try server.channel(), token: "t")
        var events: [EnrollmentEvent] = []
        let result: Result<Void, any Error>
        do {
            for try await event in client.enroll(order) { events.append(event) }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await client.close()
        try result.get()
        return events
    }

    private static let piece = 256 << 10

    @Test(
        arguments: [
            [3], [4], [piece - 1], [piece], [piece + 1], [3 * piece, 5, 3, 2 * piece + 100],
        ])
    func photosAreSentInPieces(_ sizes: [Int]) async throws {
        let server = try Self.server()
        let order = Self.order(sizes)
        let events = try await run(server, order)
        #expect(server.methods == ["CheckEnrollment", "UploadPhotos", "Enroll"])
        var photos: [(name: String, bytes: [UInt8])] = []
        var isOpen = false
        for message in try #require(server.calls.dropFirst().first).messages {
            let chunk = try PhotoChunk(
                decoding: message, limits: MessageLimits(frameBytes: 1 << 20, unpackedBytes: 4 << 20))
            #expect(chunk.data.count <= Self.piece)
            #expect(chunk.fileName.isEmpty == isOpen, "its name is with its first piece")
            if !isOpen { photos.append((chunk.fileName, [])) }
            photos[photos.count - 1].bytes += chunk.data
            isOpen = !chunk.last
        }
        #expect(!isOpen && photos.map(\.name) == order.photos.map(\.name))
        #expect(photos.map(\.bytes) == order.photos.map(\.bytes))
        let uploaded = events.compactMap { if case .uploaded(let sent, let all) = $0 { [sent, all] } else { nil } }
        #expect(uploaded == sizes.indices.map { [$0 + 1, sizes.count] })
        guard case .done(let enrolled) = events.last else {
            Issue.record("no version: \(events)")
            return
        }
        #expect(enrolled.created && enrolled.version.number == 3)
    }

    @Test func theOrderIsSentAsItIsMeant() async throws {
        let server = try Self.server()
        _ = try await run(server, Self.order([4, 5]))
        var request = EnrollRequest(
            name: "zibo", kind: .object, classNoun: "mug", captions: [PhotoCaption(photo: 0, text: "a {concept}")],
            seed: 7, onlyNew: true, reason: "why", task: .caption)
        try #require(server.calls.count == 3)
        #expect(try server.calls[0].messages == [request.encode()], "asked before the photos are there")
        request.uploadId = "u1"
        #expect(try server.calls[2].messages == [request.encode()])
        #expect(server.calls.allSatisfy { $0.authorization == "Bearer t" })
        #expect(server.calls[1].patience == nil && server.calls[2].patience == nil, "as long as it takes")
    }

    /// Nothing is sent for an enrollment that would be refused.
    @Test func whatWouldBeRefusedIsNotUploaded() async throws {
        let server = try Self.server { step in
            if step == "check" { throw RPCError(code: .resourceExhausted, message: "no place") }
        }
        let error = await #expect(throws: MyVLMError.self) { try await run(server, Self.order([4])) }
        #expect(error?.code == .resourceExhausted && server.methods == ["CheckEnrollment"])
    }

    /// A server of before cannot be asked.
    @Test func anOlderServerIsNotAsked() async throws {
        let server = try Self.server { step in
            if step == "check" { throw RPCError(code: .unimplemented, message: "no such method") }
        }
        let events = try await run(server, Self.order([4]))
        #expect(server.methods == ["CheckEnrollment", "UploadPhotos", "Enroll"])
        #expect(events.contains { if case .done = $0 { true } else { false } })
    }

    /// Photos whose enrollment was refused count against their owner: they are given back.
    @Test func aRefusedEnrollmentGivesItsUploadBack() async throws {
        let server = try Self.server { step in
            if step == "enroll" { throw RPCError(code: .failedPrecondition, message: "another one is at work") }
        }
        let error = await #expect(throws: MyVLMError.self) { try await run(server, Self.order([4])) }
        #expect(error?.code == .failedPrecondition && error?.message == "another one is at work")
        #expect(server.methods == ["CheckEnrollment", "UploadPhotos", "Enroll", "DropUpload"])
        #expect(try server.calls.last?.messages == [DropUploadRequest(uploadId: "u1").encode()])
    }

    /// Once it was taken on, the photos are the server's.
    @Test func anEnrollmentThatFailsLaterKeepsItsPhotos() async throws {
        let note = EnrollEvent(event: .note(EnrollNote(text: "blurred")))
        let server = try Self.server(
            refuse: { if $0 == "after" { throw RPCError(code: .invalidArgument, message: "no face") } },
            events: [note])
        let error = await #expect(throws: MyVLMError.self) { try await run(server, Self.order([4])) }
        #expect(error?.code == .invalidArgument)
        #expect(server.methods == ["CheckEnrollment", "UploadPhotos", "Enroll"])
    }

    @Test(arguments: ["piece", "upload"]) func aRefusedUploadIsTold(_ where_: String) async throws {
        let server = try Self.server { step in
            if step == where_ { throw RPCError(code: .invalidArgument, message: "p0 is no picture") }
        }
        let error = await #expect(throws: MyVLMError.self) { try await run(server, Self.order([4 << 20, 4 << 20])) }
        #expect(error?.code == .invalidArgument && error?.message == "p0 is no picture")
        #expect(server.methods == ["CheckEnrollment", "UploadPhotos"])
        if where_ == "piece" {
            #expect(server.calls.last?.messages.count == 1, "the rest is not read")
        }
    }

    /// Events in the order they came, those of a newer server left out.
    @Test func eventsAreTold() async throws {
        let events: [EnrollEvent] = [
            EnrollEvent(event: .job(.init(id: "j1", concept: "zibo", state: "queued"))),
            EnrollEvent(event: .stage(.init(name: "training head"))), EnrollEvent(),
            EnrollEvent(event: .progress(.init(step: 1, steps: 2, loss: 0.5, sample: ""))),
            EnrollEvent(event: .progress(.init(step: 2, steps: 2, loss: 0.25, sample: "a mug"))),
            EnrollEvent(event: .note(EnrollNote(text: "one photo is blurred"))), Self.done,
        ]
        let told = try await run(try Self.server(events: events), Self.order([4])).dropFirst()
        var words: [String] = []
        for event in told {
            switch event {
            case .uploaded: words.append("uploaded")
            case .job(let job): words.append("job \(job.id) \(job.state)")
            case .stage(let name): words.append(name)
            case .progress(let step):
                words.append("\(step.step)/\(step.steps) \(step.loss) \(step.sample.isEmpty ? "-" : step.sample)")
            case .note(let text): words.append(text)
            case .done(let enrolled): words.append("version \(enrolled.version.number)")
            }
        }
        #expect(
            words == [
                "job j1 queued", "training head", "1/2 0.5 -", "2/2 0.25 a mug", "one photo is blurred", "version 3",
            ])
    }

    @Test func anEndWithoutAVersionIsTheServersFault() async throws {
        let server = try Self.server(events: [EnrollEvent(event: .done(EnrollDone()))])
        let error = await #expect(throws: MyVLMError.self) { try await run(server, Self.order([4])) }
        #expect(error?.code == .internalError && error?.message.contains("lacks the version") == true)
    }
}
