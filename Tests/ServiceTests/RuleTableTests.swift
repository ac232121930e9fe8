import Client
import Foundation
import ProcessTestSupport
import RPC
import Registry
import Rules
import Service
import Testing

/// Each bound, asked at the command line, of the client library, on the wire and of the registry: one answer, in one set of
/// words. An identifier of five words used to be trained for minutes and refused at the end.
@Suite(.timeLimit(.minutes(10))) struct RuleTableTests {
    private struct Case {
        let what: String
        let text: String
        let isGood: Bool
    }

    private func cases(_ door: TextDoor) -> [Case] {
        let isPlain = ["an alias", "a user's name"].contains(door.name)
        let marks = "abcdefgh" + String(repeating: "\u{301}", count: 500)
        return [
            Case(what: "the longest", text: String(repeating: "x", count: door.longest), isGood: true),
            Case(what: "one more", text: String(repeating: "x", count: door.longest + 1), isGood: false),
            Case(what: "empty", text: "", isGood: door.mayBeEmpty),
            Case(what: "NUL", text: "abcdefgh\0i", isGood: false),
            Case(what: "a combining mark", text: "abcdefgh e\u{301}", isGood: !isPlain),
            // Bytes are counted where characters are free: a letter may have any number of marks.
            Case(
                what: "many combining marks", text: marks, isGood: door.countsBytes && door.longest > marks.utf8.count),
            Case(what: "turned text", text: "abcdefgh\u{202E}i", isGood: !isPlain && !door.isShown),
            Case(what: "no text", text: "abcdefgh\u{FFFD}", isGood: !isPlain && !door.isShown),
        ]
    }

    @Test(arguments: TextDoor.all) func aTextIsTakenOrRefusedAlikeEverywhere(_ door: TextDoor) async throws {
        try await Harness.run { harness in
            let doors = try await Doors(harness)
            for one in cases(door) {
                let rule = await Said.of { try door.rule(one.text) }
                #expect((rule.code == nil) == one.isGood, "\(door.name), \(one.what): the rule says \(rule)")
                let client = await Said.of { try await door.client(doors, one.text) }
                expect(client, rule, "\(door.name), \(one.what), client")
                let wire = await Said.of { try await door.wire(doors, Array(one.text.utf8)) }
                // A NUL and bytes that are no text are refused before there is a text.
                let isRead = one.what != "NUL"
                if isRead { expect(wire, rule, "\(door.name), \(one.what), wire") } else { #expect(wire.isRefusal) }
                if let registry = door.registry {
                    let said = await Said.of { try await registry(doors, one.text) }
                    expect(said, rule, "\(door.name), \(one.what), registry")
                }
                // No program can be given a NUL.
                guard isRead else { continue }
                let line = try await doors.tool.run(door.line(doors, one.text))
                if rule.code == nil {
                    #expect(line.code != 65 && line.code != 64, "\(door.name), \(one.what): \(line)")
                } else if door.name == "a password", one.what == "empty" {
                    #expect(line.code == 66 && line.error.contains("is empty"), "\(line)")
                } else {
                    #expect(line.code == 65, "\(door.name), \(one.what): \(line)")
                    #expect(line.error.contains(rule.message.suffix(30)), "\(door.name), \(one.what): \(line)")
                }
            }
            let bytes = Array("abcdefgh".utf8) + [0xE9]
            let wire = await Said.of { try await door.wire(doors, bytes) }
            #expect(wire.isRefusal && wire.message.contains("UTF-8"), "\(door.name): \(wire)")
            try await doors.close()
        }
    }

    /// What a way in says is what the rule says; where the rule takes it, anything but a refusal of the text.
    private func expect(_ said: Said, _ rule: Said, _ what: String) {
        if rule.code == nil {
            #expect(!said.isRefusal, "\(what): \(said)")
        } else {
            #expect(said.isRefusal && said.message == rule.message, "\(what): \(said) instead of \(rule)")
        }
    }

    /// A number of sampling: its option, its range in words, and what lies in it and out of it.
    private struct Number {
        let option: String
        let words: String
        let good: [Float]
        let bad: [Float]
        let sampling: @Sendable (Float) -> SamplingOptions
        let wire: @Sendable (Float) -> [UInt8]
    }

    private static let numbers: [Number] = [
        Number(
            option: "--temperature", words: Bounds.words(Bounds.temperature), good: [0, 2],
            bad: [-0.5, 2.5, .nan, .infinity],
            sampling: { SamplingOptions(temperature: $0, maxTokens: 1) },
            wire: { RawMessage.float(1, $0) + RawMessage.number(4, 1) }),
        Number(
            option: "--top-p", words: Bounds.words(Bounds.topP), good: [0.5, 1], bad: [-1, 1.5, .nan],
            sampling: { SamplingOptions(topP: $0, maxTokens: 1) },
            wire: { RawMessage.float(2, $0) + RawMessage.number(4, 1) }),
        Number(
            option: "--max-tokens", words: Bounds.words(Bounds.maximumTokens), good: [1, 256], bad: [257],
            sampling: { SamplingOptions(maxTokens: UInt32($0)) }, wire: { RawMessage.number(4, UInt64($0)) }),
        Number(
            option: "--beams", words: Bounds.words(Bounds.beams), good: [2], bad: [0, 17],
            sampling: { SamplingOptions(maxTokens: 1, beam: BeamOptions(beams: UInt32($0), lengthPenalty: 1)) },
            wire: {
                RawMessage.number(4, 1)
                    + RawMessage.field(5, RawMessage.number(1, UInt64($0)) + RawMessage.float(2, 1))
            }),
        Number(
            option: "--length-penalty", words: Bounds.words(Bounds.lengthPenalty), good: [-8, 8], bad: [-9, 8.5, .nan],
            sampling: { SamplingOptions(maxTokens: 1, beam: BeamOptions(beams: 2, lengthPenalty: $0)) },
            wire: {
                RawMessage.number(4, 1) + RawMessage.field(5, RawMessage.number(1, 2) + RawMessage.float(2, $0))
            }),
    ]

    @Test func aNumberIsTakenOrRefusedAlikeEverywhere() async throws {
        try await Harness.run { harness in
            let doors = try await Doors(harness)
            let photo = try Harness.photo(1)
            for number in Self.numbers {
                for value in number.good + number.bad {
                    let isGood = number.good.contains(value)
                    let what = "\(number.option) \(value)"
                    let client = await Said.of {
                        _ = try await doors.client.captioned(photo, sampling: number.sampling(value), frozen: true)
                    }
                    let wire = await Said.of {
                        try await doors.send(
                            VisionMethods.caption,
                            RawMessage.field(1, photo.bytes) + RawMessage.field(2, number.wire(value))
                                + RawMessage.number(3, 1))
                    }
                    let text = value == value.rounded() && value.isFinite ? "\(Int(value))" : "\(value)"
                    let beams = number.option == "--length-penalty" ? ["--beams", "2"] : []
                    let line = try await doors.tool.run(
                        ["caption", doors.photo, "--frozen", "\(number.option)=\(text)"] + beams
                            + (number.option == "--max-tokens" ? [] : ["--max-tokens", "1"]))
                    if isGood {
                        #expect(client.code == nil && wire.code == nil, "\(what): \(client), \(wire)")
                        #expect(line.code == 0, "\(what): \(line)")
                    } else {
                        #expect(client.isRefusal && client.message.hasSuffix(number.words), "\(what): \(client)")
                        #expect(wire.isRefusal && wire.message == client.message, "\(what): \(wire)")
                        #expect(
                            line.code == 64 && line.error.contains("\(number.option) \(number.words)"),
                            "\(what): \(line)")
                    }
                }
            }
            // In a message 0 is a mass that was not given; a person who writes it means it.
            let none = try await doors.tool.run(["caption", doors.photo, "--top-p=0"])
            #expect(none.code == 64 && none.error.contains("--top-p \(Bounds.words(Bounds.topP))"), "\(none)")
            let search = SamplingOptions(temperature: 1, beam: BeamOptions(beams: 2, lengthPenalty: 1))
            let drawing = await Said.of { _ = try await doors.client.captioned(photo, sampling: search) }
            #expect(drawing.message == SamplingRules.drawingSearch.message, "\(drawing)")
            try await doors.close()
        }
    }

    @Test func timesOfTokensAreTakenOrRefusedAlikeEverywhere() async throws {
        try await Harness.run { harness in
            let doors = try await Doors(harness)
            let week = 7 * 86_400
            for (seconds, isGood) in [(0, true), (week, true), (week + 1, false), (-1, false)] {
                let client = await Said.of {
                    _ = try await doors.client.rotateToken(999, overlap: .seconds(seconds))
                }
                let registry = await Said.of {
                    _ = try await doors.bench.registry.rotateToken(
                        id: 999, overlapMs: Int64(seconds) * 1_000, by: doors.bench.caller)
                }
                #expect(client.isRefusal == !isGood && registry.isRefusal == !isGood, "\(seconds): \(client)")
                if !isGood { #expect(client.message == registry.message, "\(client), \(registry)") }
                let wire = await Said.of {
                    try await doors.send(
                        AccountsMethods.rotateToken,
                        RawMessage.number(1, 999)
                            + RawMessage.number(2, UInt64(bitPattern: Int64(seconds))))
                }
                #expect(wire.isRefusal == !isGood && (isGood || wire.message == client.message), "\(wire)")
            }
            let years = Duration.seconds(3_650 * 86_400)
            #expect(await Said.of { _ = try await doors.client.createToken(lifetime: years) }.code == nil)
            let long = await Said.of { _ = try await doors.client.createToken(lifetime: years + .seconds(1)) }
            let wire = await Said.of {
                try await doors.send(
                    AccountsMethods.createToken, RawMessage.number(2, 3_650 * 86_400 + 1))
            }
            #expect(long.isRefusal && wire.isRefusal && wire.message == long.message, "\(long), \(wire)")
            let line = try await doors.tool.run(["token", "create", "--to", doors.photo + ".t", "--days", "3651"])
            #expect(line.code == 64 && line.error.contains("--days \(Bounds.words(Bounds.tokenDays))"), "\(line)")
            try await doors.close()
        }
    }

    @Test func aPictureIsTakenOrRefusedAlikeEverywhere() async throws {
        try await Harness.run { harness in
            let doors = try await Doors(harness)
            let heic: [UInt8] = [0, 0, 0, 24] + Array("ftypheic".utf8)
            let large = [0xFF, 0xD8, 0xFF] + [UInt8](repeating: 0, count: Bounds.photoBytes.upperBound - 2)
            for (bytes, words) in [
                ([], "is empty"), (Array("%PDF-1.7 and so on".utf8), "but a PDF"), (heic, "but a HEIC"),
                ([0xFF, 0xD8], "is no JPEG, PNG or WebP"), (large, "24 MiB"),
            ] {
                let client = await Said.of {
                    _ = try await doors.client.captioned(Photo(name: "a.jpg", bytes: bytes))
                }
                #expect(client.isRefusal && client.message.contains(words), "\(words): \(client)")
                let wire = await Said.of {
                    try await doors.send(VisionMethods.caption, bytes.isEmpty ? [] : RawMessage.field(1, bytes))
                }
                #expect(wire.isRefusal && wire.message == client.message, "\(words): \(wire)")
                let file = harness.folder + "/bad.jpg"
                try Data(bytes).write(to: URL(filePath: file))
                let line = try await doors.tool.run(["caption", file])
                #expect(line.code == 65 && line.error.contains(words), "\(words): \(line)")
                let order = EnrollmentOrder(name: "zibo", photos: [Photo(name: "a.jpg", bytes: bytes)])
                let enrolled = await Said.of { _ = try await doors.client.enrolled(order) }
                #expect(enrolled.isRefusal && enrolled.message.hasPrefix("a.jpg "), "\(words): \(enrolled)")
            }
            let many = try (0..<21).map { try Harness.photo(1, $0) }
            let client = await Said.of {
                _ = try await doors.client.enrolled(EnrollmentOrder(name: "zibo", photos: many))
            }
            let wire = await Said.of {
                _ = try await doors.channel.call(ConceptsMethods.uploadPhotos, options: doors.call) { writer in
                    for photo in many {
                        try await writer.write(PhotoChunk(fileName: photo.name, data: photo.bytes, last: true))
                    }
                }
            }
            #expect(client.isRefusal && wire.isRefusal && client.message == wire.message, "\(client), \(wire)")
            #expect(try await doors.client.concepts().isEmpty)
            try await doors.close()
        }
    }

    /// The client asks the rules itself: what they refuse needs no server.
    @Test func nothingIsSentOfWhatWouldBeRefused() async throws {
        try await Harness.run { harness in
            // Nothing listens on port 1.
            let client = try MyVLMClient(
                ConnectionOptions(host: "127.0.0.1", port: 1, authorityFile: harness.home.authority))
            let photo = try Harness.photo(1)
            let calls: [(String, () async throws -> Void)] = [
                ("a name", { _ = try await client.concept("a/b") }),
                ("an order", { _ = try await client.enrolled(EnrollmentOrder(name: "{x}", photos: [photo])) }),
                ("photos", { _ = try await client.enrolled(EnrollmentOrder(name: "zibo", photos: [])) }),
                ("a question", { for try await _ in client.ask(photo, " ") {} }),
                ("a name with photos", { for try await _ in client.photos(of: "..") {} }),
                ("a name to train again", { for try await _ in client.reenroll("") {} }),
                ("a password", { try await client.changePassword(old: "", new: "short") }),
            ]
            for (what, call) in calls {
                let said = await Said.of { try await call() }
                #expect(said.isRefusal, "\(what): \(said)")
            }
            #expect(await Said.of { _ = try await client.concept("zibo") }.code == MyVLMError.Code.unavailable.rawValue)
            await client.close()
        }
    }
}
