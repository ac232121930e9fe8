/// One frame of HTTP/2 (RFC 9113, section 4.1) as it crosses a connection.
package struct HTTP2Frame: Sendable, Equatable {
    /// The types of frame.
    package enum Kind {
        package static let data: UInt8 = 0
        package static let headers: UInt8 = 1
        package static let priority: UInt8 = 2
        package static let reset: UInt8 = 3
        package static let settings: UInt8 = 4
        package static let push: UInt8 = 5
        package static let ping: UInt8 = 6
        package static let goAway: UInt8 = 7
        package static let windowUpdate: UInt8 = 8
        package static let continuation: UInt8 = 9
    }

    package static let endStream: UInt8 = 1
    package static let acknowledges: UInt8 = 1
    package static let endHeaders: UInt8 = 4

    /// What a client says first, before its settings.
    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    package var kind: UInt8
    package var flags: UInt8
    package var stream: UInt32
    package var payload: [UInt8]

    package init(_ kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    package var ends: Bool {
        (kind == Kind.data || kind == Kind.headers) && flags & Self.endStream != 0
    }

    /// The frame as bytes.
    package var bytes: [UInt8] {
        [UInt8(payload.count >> 16), UInt8(payload.count >> 8 & 255), UInt8(payload.count & 255), kind, flags]
            + Self.word(stream) + payload
    }

    /// A number of four bytes, big end first.
    package static func word(_ number: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }

    /// The number at a place of the payload.
    package func word(at offset: Int) -> UInt32 {
        payload[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension HTTP2Frame {
    /// A header block of literal fields that enter no table (RFC 7541, section 6.2.2).
    package static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0] + text($0.0) + text($0.1) }
    }

    /// A string of a header block, without Huffman's code.
    package static func text(_ value: String) -> [UInt8] {
        var length = value.utf8.count
        guard length >= 127 else { return [UInt8(length)] + value.utf8 }
        var out: [UInt8] = [127]
        length -= 127
        while length >= 128 {
            out.append(UInt8(length & 127 | 128))
            length >>= 7
        }
        return out + [UInt8(length)] + value.utf8
    }

    package static func headers(_ stream: UInt32, _ fields: [(String, String)], ends: Bool = false) -> HTTP2Frame {
        HTTP2Frame(Kind.headers, flags: endHeaders | (ends ? endStream : 0), stream: stream, block(fields))
    }

    package static func data(_ stream: UInt32, _ bytes: [UInt8], ends: Bool = false) -> HTTP2Frame {
        HTTP2Frame(Kind.data, flags: ends ? endStream : 0, stream: stream, bytes)
    }

    package static func settings(_ values: [(UInt16, UInt32)] = []) -> HTTP2Frame {
        HTTP2Frame(Kind.settings, values.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + word($0.1) })
    }

    package static let settingsSeen = HTTP2Frame(Kind.settings, flags: acknowledges)

    package static func windowUpdate(_ stream: UInt32, _ bytes: UInt32) -> HTTP2Frame {
        HTTP2Frame(Kind.windowUpdate, stream: stream, word(bytes))
    }

    package static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> HTTP2Frame {
        HTTP2Frame(Kind.reset, stream: stream, word(code))
    }

    package static func ping(_ number: UInt32 = 0, isAnswer: Bool = false) -> HTTP2Frame {
        HTTP2Frame(Kind.ping, flags: isAnswer ? acknowledges : 0, [0, 0, 0, 0] + word(number))
    }

    package static func goAway(last: UInt32, _ code: UInt32, _ words: String = "") -> HTTP2Frame {
        HTTP2Frame(Kind.goAway, word(last) + word(code) + words.utf8)
    }
}

/// Takes a stream of bytes apart into frames.
package struct FrameReader {
    private var buffer: [UInt8] = []
    private var preface: Int

    /// - Parameter afterPreface: whether a client's first words come before the frames.
    package init(afterPreface: Bool) { preface = afterPreface ? HTTP2Frame.preface.count : 0 }

    /// The frames that are whole with these bytes.
    package mutating func read(_ bytes: some Sequence<UInt8>) -> [HTTP2Frame] {
        buffer += bytes
        if preface > 0, buffer.count >= preface {
            buffer.removeFirst(preface)
            preface = 0
        }
        guard preface == 0 else { return [] }
        var frames: [HTTP2Frame] = []
        var start = 0
        while buffer.count - start >= 9 {
            let length = buffer[start..<start + 3].reduce(0) { $0 << 8 | Int($1) }
            guard buffer.count - start >= 9 + length else { break }
            let stream = buffer[start + 5..<start + 9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
            frames.append(
                HTTP2Frame(
                    buffer[start + 3], flags: buffer[start + 4], stream: stream,
                    Array(buffer[start + 9..<start + 9 + length])))
            start += 9 + length
        }
        buffer.removeFirst(start)
        return frames
    }
}
