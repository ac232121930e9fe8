import PropertyTestSupport
import RPCCore
import Testing

/// What is true of gRPC's codecs whatever they are given.
@Suite(.timeLimit(.minutes(10))) struct CodecPropertyTests {
    /// Nanoseconds of a duration that a timeout can hold.
    private func duration(_ random: inout Seeded) -> Duration {
        let magnitude = Int64(1) << Int64(random.number(0...60))
        return .nanoseconds(Int64.random(in: 1...max(1, magnitude), using: &random))
    }

    @Test(arguments: Seeds.some()) func aTimeoutIsNeverShorterAndHardlyLonger(_ seed: UInt64) throws {
        var random = Seeded(seed)
        for _ in 0..<500 {
            let duration = duration(&random)
            let text = Timeout.format(duration)
            let read = try #require(Timeout.parse(text), "\(text)")
            #expect(read >= duration && read - duration <= duration / 99_999, "\(duration) became \(text)")
            #expect(text.utf8.count <= 9)
            // What was rounded once stays as it is.
            #expect(Timeout.parse(Timeout.format(read)) == read)
        }
    }

    @Test(arguments: Seeds.some()) func noTextIsTakenForAnotherTimeout(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<2000 {
            let characters = Array("0123456789numSMH -+.")
            let text = String((0..<random.number(0...10)).map { _ in random.pick(characters) })
            let isGood = text.wholeMatch(of: /[0-9]{1,8}[numSMH]/) != nil
            #expect((Timeout.parse(text) != nil) == isGood, "\(text)")
        }
    }

    @Test(arguments: Seeds.some()) func percentEncodingKeepsEveryText(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<200 {
            let text = random.text(0...60)
            let sent = PercentEncoding.encode(text)
            #expect(sent.utf8.allSatisfy { (0x20...0x7E).contains($0) })
            #expect(PercentEncoding.decode(sent).unicodeScalars.elementsEqual(text.unicodeScalars))
            let limit = random.number(0...80)
            let cut = PercentEncoding.encode(text, limit: limit)
            #expect(cut.utf8.count <= limit && sent.hasPrefix(cut))
            #expect(text.unicodeScalars.starts(with: PercentEncoding.decode(cut).unicodeScalars))
            // Whatever a peer sends is read as something.
            _ = PercentEncoding.decode(String(decoding: random.bytes(0...60), as: UTF8.self))
        }
    }

    @Test(arguments: Seeds.some()) func metadataCrossesAHeaderBlock(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<100 {
            var metadata = Metadata()
            for number in 0..<random.number(0...8) {
                if random.once(in: 2) {
                    metadata.add("b\(number % 3)-bin", bytes: random.bytes(0...40))
                } else {
                    metadata.add("T\(number % 3)", random.text(0...20))
                }
            }
            let again = Metadata(headers: metadata.headers)
            #expect(again == metadata)
            #expect(again.headers == metadata.headers)
            #expect(metadata.headers.allSatisfy { $0.name == $0.name.lowercased() })
            // In lists, and with padding.
            let bytes = random.bytes(0...20)
            var single = Metadata()
            single.add("x-bin", bytes: bytes)
            let value = single.headers[0].value
            let padded = value + String(repeating: "=", count: (4 - value.utf8.count % 4) % 4)
            let list = Metadata(headers: [HeaderField("x-bin", "\(value), \(padded),\(value)")])
            #expect(list.fields.map(\.value) == [.bytes(bytes), .bytes(bytes), .bytes(bytes)])
        }
    }

    /// Messages of any size, cut anywhere, with every limit: those below it come, in order, and the first above it ends
    /// the stream.
    @Test(arguments: Seeds.some()) func framesComeAsTheyWereHoweverTheyAreCut(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<60 {
            let messages = (0..<random.number(0...12)).map { _ in random.bytes(0...random.pick([0, 3, 300])) }
            let limit = random.number(0...320)
            var stream = messages.flatMap { Framer.frame($0) }[...]
            var deframer = Deframer(limit: limit)
            var found: [[UInt8]] = []
            var failure: DeframerFailure?
            while failure == nil {
                do {
                    while let message = try deframer.next() { found.append(message) }
                } catch {
                    failure = error
                }
                guard !stream.isEmpty, failure == nil else { break }
                let piece = Array(stream.prefix(random.number(1...100)))
                stream = stream.dropFirst(piece.count)
                piece.withUnsafeBytes { deframer.append($0) }
            }
            let expected = messages.prefix { $0.count <= limit }
            #expect(found == Array(expected), "limit \(limit)")
            if expected.count < messages.count {
                #expect(failure == .tooLarge(length: messages[expected.count].count, limit: limit))
            } else {
                #expect(failure == nil && !deframer.isInsideMessage && deframer.unread == 0)
            }
        }
    }

    /// Noise and damaged streams never give a message above the limit, and never a trap.
    @Test(arguments: Seeds.some()) func noiseIsNoMessage(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<200 {
            let whole = (0..<3).flatMap { _ in Framer.frame(random.bytes(0...40)) }
            var deframer = Deframer(limit: 50)
            random.damaged(whole).withUnsafeBytes { deframer.append($0) }
            do {
                while let message = try deframer.next() { #expect(message.count <= 50) }
            } catch {
                #expect(error != .truncated && error != .closed)
            }
        }
    }

    @Test(arguments: Seeds.some()) func pathsAndMethodsAreTheSame(_ seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<300 {
            let path = String((0..<random.number(0...12)).map { _ in random.pick(Array("/aB.é")) })
            guard let method = MethodName(path: path) else {
                let parts = path.split(separator: "/", omittingEmptySubsequences: false)
                #expect(parts.count != 3 || parts[0] != "" || parts[1].isEmpty || parts[2].isEmpty, "\(path)")
                continue
            }
            #expect(method.path == path && MethodName(path: method.path) == method)
        }
    }
}
