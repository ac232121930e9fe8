import Client
import RPC
import RPCMessages
import RPCTestSupport
import Testing

/// Answers that come piece by piece, to their end or cut short, and files that come in pieces.
@Suite(.timeLimit(.minutes(10))) struct AnswerStreamTests {
    private static let photo = Photo(name: "a.jpg", bytes: [0xFF, 0xD8, 0xFF, 1])

    private static func piece(_ text: String) -> RPCMessages.AnswerEvent { .init(event: .piece(TextPiece(text: text))) }

    @Test func piecesComeAsTheyAreAndTheEndIsLast() async throws {
        let server = try ScriptedServer { script in
            script.on(VisionMethods.caption) { _, writer in
                try await writer.write(Self.piece("a "))
                try await writer.write(.init())  // An event of a newer server.
                try await writer.write(Self.piece("mug"))
                try await writer.write(.init(event: .end(AnswerEnd(text: "a mug", finishReason: "stop"))))
            }
            script.on(VisionMethods.ask) { request, writer in
                try await writer.write(Self.piece(request.question + (request.wantsBox ? " [box]" : "")))
            }
        }
        let client = MyVLMClient(channel: try server.channel(), token: "t")
        var (pieces, end) = ([String](), "")
        for try await event in client.caption(Self.photo, frozen: true) {
            switch event {
            case .piece(let piece): pieces.append(piece.text)
            case .loading: Issue.record("nothing is loaded here")
            case .end(let answer): end = answer.text + " " + answer.finishReason
            }
        }
        #expect(pieces == ["a ", "mug"] && end == "a mug stop")
        var asked: [String] = []
        for try await case .piece(let piece) in client.ask(Self.photo, "what?") { asked.append(piece.text) }
        for try await case .piece(let piece) in client.ask(Self.photo, "zibo", box: true) { asked.append(piece.text) }
        #expect(asked == ["what?", "zibo [box]"])
        #expect(server.calls.map(\.patience) == [nil, nil, nil], "an answer takes the time it takes")
        #expect(server.calls.allSatisfy { $0.authorization == "Bearer t" })
        await client.close()
    }

    /// What came before the fault is the caller's; then the fault.
    @Test func aStreamThatBreaksGivesWhatCameBefore() async throws {
        let server = try ScriptedServer { script in
            script.on(VisionMethods.caption) { _, writer in
                try await writer.write(Self.piece("half"))
                throw RPCError(code: .resourceExhausted, message: "full")
            }
        }
        let client = MyVLMClient(channel: try server.channel())
        var pieces: [String] = []
        let error = await #expect(throws: MyVLMError.self) {
            for try await case .piece(let piece) in client.caption(Self.photo) { pieces.append(piece.text) }
        }
        #expect(pieces == ["half"] && error?.code == .resourceExhausted)
        await client.close()
    }

    /// Who stops to listen ends the call on the server, in whatever way.
    @Test(arguments: ["leaves", "is cancelled", "closes"])
    func whoStopsListeningEndsTheCall(_ how: String) async throws {
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        let server = try ScriptedServer { script in
            script.on(VisionMethods.caption) { _, writer in
                try await writer.write(Self.piece("one"))
                await withTaskCancellationHandler {
                    for await _ in AsyncStream<Never>.makeStream().stream {}
                } onCancel: {
                    end.yield()
                }
            }
        }
        let client = MyVLMClient(channel: try server.channel())
        let (heard, hearing) = AsyncStream.makeStream(of: Void.self)
        let listening = Task {
            for try await _ in client.caption(Self.photo) {
                hearing.yield()
                if how == "leaves" { break }
            }
        }
        for await _ in heard { break }
        switch how {
        case "is cancelled": listening.cancel()
        case "closes": await client.close()
        default: break
        }
        for await _ in ended { break }
        let result = await listening.result
        if how == "closes" {
            #expect(throws: MyVLMError.self) { try result.get() }
        } else {
            // Whoever left or was cancelled hears no error of its own doing.
            #expect(throws: Never.self) { try result.get() }
        }
        await client.close()
    }

    @Test func keptPhotosArePutTogether() async throws {
        let server = try ScriptedServer { script in
            script.on(ConceptsMethods.getPhotos) { request, writer in
                try await writer.write(PhotoChunk(fileName: request.concept, data: [1, 2]))
                try await writer.write(PhotoChunk(data: [3], last: true))
                try await writer.write(PhotoChunk(fileName: "second", data: [4], last: true))
                // One that was never finished is none.
                try await writer.write(PhotoChunk(fileName: "third", data: [5]))
            }
        }
        let client = MyVLMClient(channel: try server.channel())
        var photos: [(String, [UInt8])] = []
        for try await photo in client.photos(of: "zibo") { photos.append((photo.name, photo.bytes)) }
        #expect(photos.map(\.0) == ["zibo", "second"] && photos.map(\.1) == [[1, 2, 3], [4]])
        await client.close()
    }

    /// A server that sends without end fills no memory.
    @Test func aPhotoLargerThanItMayBeEndsTheCall() async throws {
        let server = try ScriptedServer { script in
            script.on(ConceptsMethods.getPhotos) { _, writer in
                while true { try await writer.write(PhotoChunk(data: [UInt8](repeating: 1, count: 1 << 20))) }
            }
        }
        let client = MyVLMClient(channel: try server.channel())
        let error = await #expect(throws: MyVLMError.self) { for try await _ in client.photos(of: "zibo") {} }
        #expect(error?.code == .internalError && error?.message.contains("larger") == true)
        await client.close()
    }

    private struct Unreadable: Error {}

    @Test func dataGoesOutAndInByPieces() async throws {
        let server = try ScriptedServer { script in
            script.on(ConceptsMethods.exportData) { _, writer in
                for number in 0..<5 as Range<UInt8> { try await writer.write(DataChunk(data: [number, number])) }
            }
            script.on(
                ConceptsMethods.importData,
                refuse: { if $0.data == [9] { throw RPCError(code: .invalidArgument, message: "nine") } }
            ) { pieces in
                ImportDataReply(concepts: ["\(pieces.count)"], versions: UInt32(pieces.flatMap(\.data).count))
            }
        }
        let client = MyVLMClient(channel: try server.channel())
        var file: [[UInt8]] = []
        for try await piece in client.exportData() { file.append(piece) }
        #expect(file == (0..<5).map { [$0, $0] })
        var rest = file[...]
        let imported = try await client.importData { rest.popFirst() }
        #expect(imported.concepts == ["5"] && imported.versions == 10)
        // A server that has enough says so; what is left is not asked for.
        var given = 0
        let refused = await #expect(throws: MyVLMError.self) {
            try await client.importData {
                given += 1
                return [9]
            }
        }
        #expect(refused?.code == .invalidArgument && refused?.message == "nine")
        // What the caller cannot read ends the call too.
        let broken = await #expect(throws: MyVLMError.self) { try await client.importData { throw Unreadable() } }
        #expect(broken?.code == .internalError && broken?.cause is Unreadable)
        await client.close()
    }
}
