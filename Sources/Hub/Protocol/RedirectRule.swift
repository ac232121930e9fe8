/// Where an answer sends its reader, and whether the token may come along.
package struct RedirectRule: Sendable {
    /// The most steps from the first address to the file.
    package static let limit = 5

    let endpoint: HubURL
    let token: String?
    private var steps = 0

    package init(endpoint: HubURL, token: String?) {
        self.endpoint = endpoint
        self.token = token
    }

    /// The request for an address of the hub or of somebody it named: the token goes to the hub alone.
    package func request(_ url: HubURL, bytes: HubRequest.Bytes = .all) -> HubRequest {
        HubRequest(url, token: url.isSameOrigin(as: endpoint) ? token : nil, bytes: bytes)
    }

    /// The request that follows a redirect. Throws `badData` for a place that cannot be gone to, a step into the clear
    /// among them, and for a chain that does not end.
    package mutating func next(_ answer: HubAnswer, of request: HubRequest) throws(HubError) -> HubRequest {
        steps += 1
        guard steps <= Self.limit else {
            throw HubError(.badData, "\(request.url.shown) leads on and on; check HF_ENDPOINT, or try again later")
        }
        guard let place = answer["location"], let url = HubURL(place, relativeTo: request.url) else {
            throw HubError(.badData, "\(request.url.shown) leads to no address; check HF_ENDPOINT, or try again later")
        }
        guard url.scheme == "https" || url.isLoopback && request.url.scheme == "http" else {
            throw HubError(
                .badData,
                "\(request.url.shown) leads to \(url.shown), which is not encrypted; nothing was taken from there")
        }
        return self.request(url, bytes: request.bytes)
    }
}
