internal import CCurl

/// An address, taken apart by the library that will connect to it: what is compared here is what is dialled there.
package struct HubURL: Sendable, Hashable {
    /// The whole of it, without a fragment.
    package let text: String
    package let scheme: String
    /// In lower case.
    package let host: String
    package let port: Int
    package let path: String

    /// The longest address that is followed.
    static let limit = 8 << 10

    /// An address by itself, or one that a server gave relative to another. Nil for what is none, for a name and
    /// password in it, and for other schemes than `https` and `http`.
    package init?(_ text: String, relativeTo base: HubURL? = nil) {
        guard text.utf8.count <= Self.limit, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), let url = curl_url()
        else {
            return nil
        }
        defer { curl_url_cleanup(url) }
        if let base, curl_url_set(url, CURLUPART_URL, base.text, 0) != CURLUE_OK { return nil }
        guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK,
            curl_url_set(url, CURLUPART_FRAGMENT, nil, 0) == CURLUE_OK,
            Self.part(url, CURLUPART_USER) == nil, Self.part(url, CURLUPART_PASSWORD) == nil,
            let scheme = Self.part(url, CURLUPART_SCHEME), let host = Self.part(url, CURLUPART_HOST),
            let port = Self.part(url, CURLUPART_PORT, UInt32(CURLU_DEFAULT_PORT)).flatMap({ Int($0) }),
            let path = Self.part(url, CURLUPART_PATH), let whole = Self.part(url, CURLUPART_URL),
            ["https", "http"].contains(scheme.lowercased()), !host.isEmpty
        else { return nil }
        self.text = whole
        self.scheme = scheme.lowercased()
        self.host = host.lowercased()
        self.port = port
        self.path = path
    }

    /// Whether both are one server: a token for the one is a token for the other.
    package func isSameOrigin(as other: HubURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// Whether it is this very machine, where a conversation in the clear is nobody else's.
    package var isLoopback: Bool { ["localhost", "127.0.0.1", "[::1]"].contains(host) }

    /// As messages name it: without the query, which may be a signature.
    package var shown: String {
        let usual = scheme == "https" ? 443 : 80
        return "\(scheme)://\(host)\(port == usual ? "" : ":\(port)")\(path)".shownShort
    }

    /// A text as one part of a path: everything but letters, digits and `-_.~` by its bytes.
    package static func escaped(_ part: String) -> String {
        var escaped = ""
        for byte in part.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return escaped
    }

    private static func part(_ url: OpaquePointer, _ part: CURLUPart, _ flags: UInt32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(url, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
