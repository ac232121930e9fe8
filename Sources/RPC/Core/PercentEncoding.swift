/// The percent-encoding of `grpc-message` (gRPC over HTTP/2, "Responses"): printable ASCII but `%` stays as it is.
public enum PercentEncoding {
    private static let hex = Array("0123456789ABCDEF".utf8)

    /// Text as it may stand in a header: at most `limit` bytes of it as they are sent, cut between two characters.
    public static func encode(_ text: String, limit: Int = .max) -> String {
        var out: [UInt8] = []
        out.reserveCapacity(min(text.utf8.count, limit))
        for scalar in text.unicodeScalars {
            let start = out.count
            for byte in scalar.utf8 {
                if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                    out.append(byte)
                } else {
                    out += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
                }
            }
            guard out.count <= limit else {
                out.removeSubrange(start...)
                break
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The text of a header. Never fails, as the specification demands: anything that is not an escape is kept as it
    /// is.
    public static func decode(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = digit(bytes[index + 1]), let low = digit(bytes[index + 2])
            {
                out.append(high << 4 | low)
                index += 3
            } else {
                out.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
