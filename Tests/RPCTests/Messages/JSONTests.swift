import Foundation
import Foundations
import ProcessTestSupport
import PropertyTestSupport
import RPCMessages
import Testing

/// One filling as Google's implementation writes it on the wire and in JSON.
private struct Filling: Decodable {
    let wire: String
    let json: String
}

private func read<Message: WireMessage>(
    _ type: Message.Type, _ json: String, _ unknownFields: UnknownFields = .refused,
    _ limits: MessageLimits = Goldens.generous
) throws -> Message {
    try type.init(json: Array(json.utf8), limits: limits, unknownFields: unknownFields)
}

private func wire(_ type: any WireMessage.Type, fromJSON json: String) throws -> [UInt8] {
    try read(type, json).encode()
}

private func json(_ type: any WireMessage.Type, _ wire: String) throws -> String {
    let message = try type.init(decoding: Goldens.bytes(wire), limits: Goldens.generous)
    return String(decoding: try message.json(), as: UTF8.self)
}

/// What a reader of JSON sees, so that spelling of numbers and escapes does not count.
private func content(_ json: String) throws -> NSObject {
    func plain(_ value: Any) -> NSObject {
        switch value {
        case let object as [String: Any]: object.mapValues(plain) as NSDictionary
        case let list as [Any]: list.map(plain) as NSArray
        // The shortest text of a float differs between writers: it is the float that counts.
        case let number as NSNumber: NSNumber(value: number.floatValue)
        default: "\(value)" as NSString
        }
    }
    return plain(try JSONSerialization.jsonObject(with: Data(json.utf8)))
}

private func problem(_ body: () throws -> Void) -> MessageError? {
    do {
        try body()
        return nil
    } catch {
        return error as? MessageError
    }
}

/// proto3's canonical JSON, beside Google's implementation and by hand.
@Suite(.timeLimit(.minutes(10))) struct JSONTests {
    @Test func everyMessageReadsAndWritesWhatGooglesDoes() throws {
        let goldens: [String: [Filling]] = try Goldens.read("json")
        #expect(Set(goldens.keys) == Set(MessageCatalog.all.map { $0.fullName }))
        for type in MessageCatalog.all {
            let fillings = try #require(goldens[type.fullName])
            #expect(fillings.count > 6)
            for filling in fillings {
                #expect(try wire(type, fromJSON: filling.json) == Goldens.bytes(filling.wire), "\(filling.json)")
                let ours = try json(type, filling.wire)
                #expect(try content(ours) == content(filling.json), "\(ours) instead of \(filling.json)")
                #expect(try wire(type, fromJSON: ours) == Goldens.bytes(filling.wire), "\(ours)")
            }
        }
    }

    @Test(.enabled("no protobuf in \(python): install Tools/requirements-grpc.txt or set MYVLM_PYTHON", hasProtobuf))
    func googlesImplementationReadsWhatIsWritten() async throws {
        let goldens: [String: [Filling]] = try Goldens.read("json")
        var lines: [String] = []
        var wires: [String] = []
        for type in MessageCatalog.all {
            for filling in goldens[type.fullName] ?? [] {
                lines.append("\(type.fullName) \(try json(type, filling.wire))")
                wires.append(filling.wire)
            }
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "json-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }
        try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "python/read_json.py").path()
        let output = try await Program(path: python, environment: ProcessInfo.processInfo.environment).run([
            script, file.path(),
        ])
        try #require(output.code == 0, "\(output.error)")
        let read = output.out.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(read.count == wires.count)
        for (line, (ours, wire)) in zip(lines, zip(read, wires)) { #expect(ours == wire, "\(line)") }
        #expect(wires.count > 900)
    }

    @Test func formsOfTheMapping() throws {
        var user = User(name: "a\"\n", role: .auditor, createdAtMs: -1, suspended: true)
        #expect(
            String(decoding: try user.json(), as: UTF8.self)
                == #"{"name":"a\"\n","role":"ROLE_AUDITOR","createdAtMs":"-1","suspended":true}"#)
        user = User(role: .unrecognized(99), token: Token())
        #expect(String(decoding: try user.json(), as: UTF8.self) == #"{"role":99,"token":{}}"#)
        #expect(
            String(decoding: try DataChunk(data: [0xFB, 0xFF, 1, 2]).json(), as: UTF8.self) == #"{"data":"+/8BAg=="}"#)
        let sampling = Sampling(temperature: .nan, topP: -.infinity, seed: .max, maxTokens: .max)
        #expect(
            String(decoding: try sampling.json(), as: UTF8.self)
                == #"{"temperature":"NaN","topP":"-Infinity","seed":"18446744073709551615","maxTokens":4294967295}"#)
        #expect(try AnswerEvent(event: .piece(TextPiece())).json() == Array(#"{"piece":{}}"#.utf8))
        #expect(try LogoutReply().json() == Array("{}".utf8))
    }

    @Test func readersTakeEveryFormThatTheMappingAllows() throws {
        // Both names, numbers in quotes and with exponents, null, the number of an enum, space anywhere.
        let user = try read(
            User.self,
            " { \"name\" : \"\\u00e9\\ud83d\\ude00\\/\" ,\t\"role\":2, \"created_at_ms\": \"12\", \"token\": null }\r\n"
        )
        #expect(user == User(name: "é😀/", role: .admin, createdAtMs: 12))
        #expect(try read(User.self, #"{"createdAtMs":1.50e1,"suspended":false}"#) == User(createdAtMs: 15))
        #expect(try read(User.self, #"{"createdAtMs":"9223372036854775807"}"#).createdAtMs == .max)
        #expect(try read(User.self, #"{"createdAtMs":-9223372036854775808}"#).createdAtMs == .min)
        #expect(try read(User.self, #"{"createdAtMs":0e5,"role":"ROLE_USER"}"#) == User(role: .user))
        let sampling = try read(Sampling.self, #"{"temperature":"0.25","top_p":1e-1,"seed":null,"beam":{}}"#)
        #expect(sampling == Sampling(temperature: 0.25, topP: 0.1, beam: BeamOptions()))
        for text in ["+/8BAg==", "+/8BAg", "-_8BAg==", "-_8BAg"] {
            #expect(try read(DataChunk.self, #"{"data":"\#(text)"}"#).data == [0xFB, 0xFF, 1, 2], "\(text)")
        }
        #expect(try read(AnswerEvent.self, #"{"piece":null,"end":{"text":"x"}}"#).event == .end(AnswerEnd(text: "x")))
        #expect(try read(LoginRequest.self, #"{"scopes":[]}"#) == LoginRequest())
    }

    /// What is no message is refused with the name of the field, and without what stands in it.
    @Test(arguments: [
        (#"{"createdAtMs":1.5}"#, "User.createdAtMs must be a whole number"),
        (#"{"createdAtMs":9223372036854775808}"#, "User.createdAtMs must be a whole number between"),
        (#"{"createdAtMs":1e999}"#, "User.createdAtMs must be a whole number"),
        (#"{"createdAtMs":"secret"}"#, "User.createdAtMs must be a whole number"),
        (#"{"createdAtMs":" 1"}"#, "User.createdAtMs must be a whole number"),
        (#"{"createdAtMs":01}"#, "User is an object that goes on without a comma"),
        (#"{"createdAtMs":true}"#, "User.createdAtMs must be a whole number"),
        (#"{"name":secret}"#, "User.name must be text"),
        (#"{"name":"\ud800secret"}"#, "User.name is not UTF-8"),
        (#"{"name":"secret\u0000"}"#, "User.name is not UTF-8 text without NUL"),
        (#"{"name":"secret\x"}"#, "User.name is not UTF-8"),
        ("{\"name\":\"secret\n\"}", "User.name is not UTF-8"),
        (#"{"name":"a","name":"b"}"#, "User.name occurs twice"),
        (#"{"created_at_ms":1,"createdAtMs":2}"#, "User.createdAtMs occurs twice"),
        (#"{"role":"ROLE_SECRET"}"#, "User.role has a value that is not known"),
        (#"{"suspended":"true"}"#, "User.suspended must be true or false"),
        (#"{"token":[]}"#, "User.token must be an object"),
        (#"{"token":{"scopes":"secret"}}"#, "User.token.scopes must be a list"),
        (#"{"token":{"scopes":["a",null]}}"#, "User.token.scopes has a null"),
        (#"{"token":{"scopes":["a",]}}"#, "User.token.scopes must be text"),
        (#"{"token":{"scopes":["a" "b"]}}"#, "User.token.scopes is a list that goes on without a comma"),
        (#"{"nmae":"secret"}"#, "User.nmae is not known"),
        (#"{"na me secret":1}"#, "User.(a name that no field has) is not known"),
        (#"{"name":"a",}"#, "User has a key"),
        (#"{"name" "a"}"#, "User.name has no colon"),
        (#"{"name":"a"} {}"#, "User ends before the text does"),
        (#"{"name":"a""#, "User is an object that goes on"),
        ("", "User must be an object"), ("null", "User must be an object"), ("[]", "User must be an object"),
        ("\u{FEFF}{}", "User must be an object"),
    ])
    func refusals(text: String, said: String) throws {
        let error = try #require(problem { _ = try read(User.self, text) }, "\(text) is taken")
        #expect(error.message.hasPrefix("myvlm.v1.\(said)"), "\(error.message)")
        #expect(!error.message.contains("secret") && !error.message.contains("SECRET"), "\(error.message)")
    }

    @Test func numbersOutOfRangeAndTwoMembersOfAOneofAreRefused() {
        for (field, value) in [
            ("maxTokens", "-1"), ("maxTokens", "4294967296"), ("temperature", "1e39"), ("temperature", "\"nan\""),
            ("seed", "18446744073709551616"), ("seed", "-1"), ("temperature", "\"\""),
        ] {
            let error = problem { _ = try read(Sampling.self, "{\"\(field)\":\(value)}") }
            #expect(error?.message.contains(field) == true, "\(value)")
        }
        let both = problem { _ = try read(AnswerEvent.self, #"{"piece":{},"end":{}}"#) }
        #expect(both?.message == "myvlm.v1.AnswerEvent.end cannot stand beside another member of event")
        let base64 = problem { _ = try read(DataChunk.self, #"{"data":"*"}"#) }
        #expect(base64?.message == "myvlm.v1.DataChunk.data must be base64")
        #expect(problem { _ = try User(name: "a\0").json() }?.code == .invalidText)
    }

    @Test func unknownFieldsArePassedOverWhereThatIsAsked() throws {
        let text = #"{"new":{"a":[1,-2.5e3,"x",null,true,{"b":[]}]},"name":"ann","role":"ROLE_NEW","more":false}"#
        #expect(try read(User.self, text, .ignored) == User(name: "ann"))
        for broken in [#"{"new":nul}"#, #"{"new":[1,}"#, #"{"new":{"a"}}"#, #"{"new":"\ud800"}"#, #"{"new":1e}"#] {
            #expect(problem { _ = try read(User.self, broken, .ignored) } != nil, "\(broken)")
        }
    }

    /// A stranger's text costs no more than is allowed, however it is made.
    @Test func textIsBounded() throws {
        let deep = #"{"new":"# + String(repeating: "[", count: 100_000)
        #expect(problem { _ = try read(User.self, deep, .ignored) }?.message.contains("levels deep") == true)
        let few = String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
        #expect(try read(User.self, #"{"new":\#(few)}"#, .ignored) == User())
        let long = problem {
            _ = try read(User.self, #"{"name":"ann"}"#, .refused, MessageLimits(frameBytes: 13, unpackedBytes: 1_000))
        }
        #expect(long?.code == .tooLarge)
        // Three bytes for each user, whose struct takes a hundred.
        let users = #"{"users":["# + String(repeating: "{},", count: 100_000) + "{}]}"
        let limits = MessageLimits(frameBytes: 1 << 20, unpackedBytes: 1 << 20)
        let amplified = problem { _ = try read(ListUsersReply.self, users, .refused, limits) }
        #expect(amplified?.message.contains("needs more than 1048576 bytes") == true)
        let some = #"{"users":["# + String(repeating: "{},", count: 999) + "{}]}"
        #expect(try read(ListUsersReply.self, some, .refused, limits).users.count == 1_000)
    }

    @Test(arguments: Seeds.some(6)) func randomTextNeverCrashes(_ seed: UInt64) {
        var generator = Seeded(seed)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"name\"", "\"role\"", "\"", "\\u", "1", "-", "e9", ".", "null", " ",
            "\u{7F}",
        ]
        var taken = 0
        for _ in 0..<60 {
            var text = "{"
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                text += pieces[Int.random(in: 0..<pieces.count, using: &generator)]
            }
            for type in MessageCatalog.all where (try? wire(type, fromJSON: text + "}")) != nil { taken += 1 }
        }
        #expect(taken > 0, "the empty ones at least are messages; seed \(seed)")
    }
}

/// The python with protobuf: `MYVLM_PYTHON`, or the one `Scripts/setup` makes.
private let python: String = {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["MYVLM_PYTHON"] { return named }
    let home = environment["MYVLM_HOME"] ?? NSHomeDirectory() + "/.cache/myvlm"
    return home + "/venv/bin/python"
}()

private func hasProtobuf() async -> Bool {
    let program = Program(path: python, environment: ProcessInfo.processInfo.environment)
    return (try? await program.run(["-c", "import google.protobuf, grpc_tools"]).code) == 0
}
