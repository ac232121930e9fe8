import RPCCore
import Testing

@Suite(.timeLimit(.minutes(10))) struct TextCodecTests {
    @Test(arguments: [
        ("1S", Duration.seconds(1)), ("99999999n", .nanoseconds(99_999_999)), ("5M", .seconds(300)),
        ("2H", .seconds(7200)), ("250m", .milliseconds(250)), ("7u", .microseconds(7)), ("0S", .zero),
    ])
    func timeoutsParse(_ text: String, _ duration: Duration) {
        #expect(Timeout.parse(text) == duration)
    }

    @Test(arguments: ["", "S", "1", "123456789S", "-1S", "+1S", "1.5S", "1s", "1 S", "１S"])
    func malformedTimeoutsAreRefused(_ text: String) {
        #expect(Timeout.parse(text) == nil)
    }

    @Test func aTimeoutThatIsOverSaysOneNanosecond() {
        #expect(Timeout.format(.zero) == "1n")
        #expect(Timeout.format(.seconds(-5)) == "1n")
    }

    @Test func percentEncodingKeepsEveryText() {
        #expect(PercentEncoding.encode("a b%é\n") == "a b%25%C3%A9%0A")
        for text in ["", "plain", "100 %", "%41", "Größe 😀", "\u{0}\u{7F}", "line\r\nline"] {
            #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
        }
        #expect(PercentEncoding.decode("50% off %zz %4") == "50% off %zz %4")
    }

    @Test func metadataCrossesAHeaderBlock() {
        var metadata: Metadata = ["Authorization": "Bearer x", "name": "Größe"]
        for count in 0..<20 { metadata.add("blob-bin", bytes: (0..<count).map { UInt8($0 * 13) }) }
        let copy = Metadata(headers: [HeaderField(":path", "/a/b"), HeaderField("te", "trailers")] + metadata.headers)
        #expect(copy == metadata)
        #expect(copy["authorization"] == "Bearer x")
        #expect(copy["name"] == "Gr%C3%B6%C3%9Fe")
    }

    @Test func binaryMetadataComesPaddedOrNotAndInLists() {
        let metadata = Metadata(headers: [
            HeaderField("a-bin", "AQI="), HeaderField("a-bin", "AQI"), HeaderField("a-bin", "AQID,/+8="),
            HeaderField("bad-bin", "A"), HeaderField("bad-bin", "A*=="),
        ])
        #expect(metadata.fields.map(\.name) == ["a-bin", "a-bin", "a-bin", "a-bin"])
        #expect(metadata.fields.last?.value == .bytes([0xFF, 0xEF]))
        #expect(metadata.bytes("a-bin") == [1, 2])
    }

    @Test func applicationsCannotForgeReservedFields() {
        let metadata: Metadata = ["grpc-status": "0", ":path": "/x/y", "content-type": "text/html", "ok": "yes"]
        #expect(metadata.headers == [HeaderField("ok", "yes")])
    }

    @Test func pathsHaveTwoParts() {
        #expect(MethodName(path: "/a.B/C") == MethodName(service: "a.B", method: "C"))
        for path in ["", "/", "/a", "a/b", "/a/b/c", "//b", "/a/"] { #expect(MethodName(path: path) == nil) }
    }
}

/// A method's name of 4,000 letters came back in 24,036 bytes: limits are those of bytes as they are sent.
@Suite(.timeLimit(.minutes(10))) struct MessageLengthTests {
    @Test(arguments: ["a", "%", "é", "漢", "👩‍👩‍👧", "a\u{301}", "x%é漢👩"])
    func aMessageIsCutBetweenCharacters(_ unit: String) throws {
        let text = String(repeating: unit, count: 5000)
        for limit in [0, 1, 2, 3, 5, 8, 11, 100, 4095, 4096] {
            let sent = PercentEncoding.encode(text, limit: limit)
            #expect(sent.utf8.count <= limit && sent.utf8.count > limit - 13)
            let read = PercentEncoding.decode(sent)
            #expect(!read.contains("\u{FFFD}") && text.unicodeScalars.starts(with: read.unicodeScalars))
        }
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
    }

    @Test func everythingThatAnErrorSaysIsBounded() throws {
        var error = RPCError(code: .notFound, message: String(repeating: "ü%", count: 10_000))
        error.trailers.add("retry-after-ms", "17")
        error.trailers.add("name", String(repeating: "ü", count: 5000))
        for number in 0..<100 { error.trailers.add("t\(number)", String(repeating: "x", count: 100)) }
        let fields = ServerCallState.status(error, requestID: "1-2")
        let bytes = fields.reduce(0) { $0 + $1.listBytes }
        #expect(bytes <= 8192 - 512)
        let message = try #require(fields.first { $0.name == "grpc-message" }).value
        #expect(message.utf8.count <= ServerCallState.messageBytes && message.utf8.count > 4000)
        #expect(fields.contains(HeaderField("retry-after-ms", "17")))
        #expect(!fields.contains { $0.name == "name" }, "a trailer that does not fit is left out whole")
        #expect(fields.last == HeaderField("x-request-id", "1-2"))
    }
}
