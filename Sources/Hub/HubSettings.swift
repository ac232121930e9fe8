package import LocalFiles

/// Where the hub and the cache are, and what is told the hub: the variables that every tool of the hub reads.
package struct HubSettings: Sendable {
    /// `HF_ENDPOINT`, or the hub itself.
    package let address: HubAddress
    /// `HF_HUB_CACHE`, or `hub` in `HF_HOME`, by default `~/.cache/huggingface`.
    package let cache: LocalPath
    /// `HF_TOKEN`, or what the file `HF_TOKEN_PATH` holds, by default `token` in `HF_HOME`.
    package let token: String?
    /// Whether `HF_HUB_OFFLINE` forbids every request.
    package let isOffline: Bool
    /// Authorities and patience.
    package var transport = TransportSettings()

    /// The longest a stall may be set to, in seconds.
    private static let longestStall = 3_600

    /// Reads variables and the token's file. Throws `usage` for a value that cannot be, never saying the token.
    package init(environment: [String: String], home: LocalPath?) throws(HubError) {
        func value(_ names: String...) -> String? { names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } }
        func path(_ text: String) -> LocalPath {
            guard let home, text == "~" || text.hasPrefix("~/") else { return LocalPath(text) }
            return home.appending(String(text.dropFirst(2)))
        }
        address = try HubAddress(value("HF_ENDPOINT") ?? "https://huggingface.co")
        let usual = value("XDG_CACHE_HOME").map(path) ?? home?.appending(".cache")
        guard let folder = value("HF_HOME").map(path) ?? usual?.appending("huggingface") else {
            throw HubError(.usage, "there is no home folder to keep models in; set HF_HOME")
        }
        cache = value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE").map(path) ?? folder.appending("hub")
        isOffline = Self.isTrue(value("HF_HUB_OFFLINE"))
        if let token = value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") {
            self.token = try Self.token(token, from: "HF_TOKEN")
        } else if Self.isTrue(value("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
            token = nil
        } else {
            token = try Self.token(in: value("HF_TOKEN_PATH").map(path) ?? folder.appending("token"))
        }
        transport.authorities = value("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
        if let stall = value("HF_HUB_DOWNLOAD_TIMEOUT") {
            guard let seconds = Int(stall), (1...Self.longestStall).contains(seconds) else {
                throw HubError(
                    .usage,
                    "HF_HUB_DOWNLOAD_TIMEOUT is \"\(stall.shownShort)\"; it must be seconds from 1 to "
                        + "\(Self.longestStall)"
                )
            }
            transport.stallSeconds = seconds
            transport.connectSeconds = seconds
        }
    }

    private static func isTrue(_ text: String?) -> Bool {
        ["1", "ON", "YES", "TRUE"].contains(text?.uppercased() ?? "")
    }

    private static func token(in file: LocalPath) throws(HubError) -> String? {
        let bytes: [UInt8]
        do {
            bytes = try LocalInput.contents(of: file, limit: 4 << 10)
        } catch {
            if error.code == .missing { return nil }
            throw HubError(.usage, "the hub's token cannot be read: \(error.message); or give it as HF_TOKEN")
        }
        return try token(String(decoding: bytes, as: UTF8.self), from: file.shown)
    }

    /// A token without what editors put around it; nil for an empty one. What could not stand in a header is none.
    private static func token(_ text: String, from place: String) throws(HubError) -> String? {
        let token = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
        guard token.allSatisfy({ $0.isASCII && !$0.isWhitespace && ($0.asciiValue ?? 0) > 0x20 && $0 != "\u{7F}" })
        else {
            throw HubError(.usage, "what \(place) holds is no token of a hub; write it there anew")
        }
        return token.isEmpty ? nil : String(token)
    }
}
