/// One GET. Redirects are answers: whoever asked decides whether to follow.
package struct HubRequest: Sendable, Equatable {
    /// What of a file is wanted.
    package enum Bytes: Sendable, Equatable {
        case all
        case from(Int)
        case first(Int)

        /// As a `Range` header has it.
        var header: String? {
            switch self {
            case .all, .from(0): nil
            case .from(let start): "bytes=\(start)-"
            case .first(let count): "bytes=0-\(max(1, count) - 1)"
            }
        }
    }

    package let url: HubURL
    /// The token, where this server may have it.
    package let token: String?
    package let bytes: Bytes

    package init(_ url: HubURL, token: String? = nil, bytes: Bytes = .all) {
        self.url = url
        self.token = token
        self.bytes = bytes
    }

    /// Everything that is sent beside what the transport adds.
    package var headers: [String] {
        var headers = ["User-Agent: \(Self.agent)", "Accept-Encoding: identity"]
        if let token { headers.append("Authorization: Bearer \(token)") }
        if let range = bytes.header { headers.append("Range: \(range)") }
        return headers
    }
}
