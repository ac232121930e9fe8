/// Where a hub keeps what: the addresses of its protocol.
package struct HubAddress: Sendable, Equatable {
    /// Where the hub is.
    package let endpoint: HubURL

    /// A hub's address. Throws `usage` for what is none, and for one in the clear on another machine: a token and a
    /// model are not taken that way.
    package init(_ text: String) throws(HubError) {
        var trimmed = text[...]
        while trimmed.hasSuffix("/") { trimmed.removeLast() }
        guard let url = HubURL(String(trimmed)), !trimmed.contains("?") else {
            throw HubError(.usage, "HF_ENDPOINT is \"\(text.shownShort)\", no address; write https://HOST")
        }
        guard url.scheme == "https" || url.isLoopback else {
            throw HubError(
                .usage, "HF_ENDPOINT is \(url.shown): only https reaches another machine; write https://HOST")
        }
        endpoint = url
    }

    /// What is known of a model's revision.
    package func model(_ id: ModelID) -> HubURL? {
        url("/api/models/\(path(id))/revision/\(HubURL.escaped(id.revision))")
    }

    /// All files of a commit, by pages.
    package func tree(_ id: ModelID, commit: String) -> HubURL? {
        url("/api/models/\(path(id))/tree/\(commit)?recursive=true")
    }

    /// A file of a commit.
    package func file(_ id: ModelID, commit: String, path file: String) -> HubURL? {
        let parts = file.split(separator: "/").map { HubURL.escaped(String($0)) }
        return url("/\(path(id))/resolve/\(commit)/\(parts.joined(separator: "/"))")
    }

    private func path(_ id: ModelID) -> String {
        id.repository.split(separator: "/").map { HubURL.escaped(String($0)) }.joined(separator: "/")
    }

    private func url(_ path: String) -> HubURL? {
        var base = endpoint.text[...]
        while base.hasSuffix("/") { base.removeLast() }
        return HubURL(base + path)
    }
}
