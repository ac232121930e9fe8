import Hub
import Testing

/// What is asked and answered, without a network.
@Suite(.timeLimit(.minutes(10))) struct ProtocolTests {
    @Test(arguments: [
        ("HuggingFaceTB/SmolVLM-256M-Instruct", "HuggingFaceTB/SmolVLM-256M-Instruct", "main"),
        ("a/b@refs/pr/12", "a/b", "refs/pr/12"), ("gpt2", "gpt2", "main"), ("a_1/b.c@v1.0+x", "a_1/b.c", "v1.0+x"),
    ])
    func namesOfModels(text: String, repository: String, revision: String) throws {
        let id = try ModelID(text)
        #expect(id.repository == repository && id.revision == revision)
        #expect(try ModelID(id.description) == id)
    }

    @Test(arguments: [
        "", "/", "a/", "/a", "a/b/c", "../b", "a/..", "a/b--c", "a/-b", "a/b.", "a/b.git", "a b/c", "a/ü", "a/b@",
        "a/b@..",
        "a/b@/x", "a/b@x/../y", "a/b@.x", "a/b@x y", "a/b@x\n", "a/b@x%2F", "a\0/b",
        "a/" + String(repeating: "b", count: 97),
    ])
    func whatNoHubCanHaveIsRefused(text: String) {
        let error = refusal { _ = try ModelID(text) }
        #expect(error?.code == .usage && error?.message.contains("names no") == true, "\(String(describing: error))")
    }

    @Test func addressesAreThoseOfTheProtocol() throws {
        let address = try HubAddress("https://hub.example/mirror/")
        let id = try ModelID("a/b@refs/pr/1")
        #expect(address.model(id)?.text == "https://hub.example/mirror/api/models/a/b/revision/refs%2Fpr%2F1")
        #expect(
            address.tree(id, commit: "c0")?.text
                == "https://hub.example/mirror/api/models/a/b/tree/c0?recursive=true")
        #expect(
            address.file(id, commit: "c0", path: "x y/ä?#.json")?.text
                == "https://hub.example/mirror/a/b/resolve/c0/x%20y/%C3%A4%3F%23.json")
        for text in [
            "", "hub.example:x", "ftp://hub.example", "http://hub.example", "https://u:p@hub.example", "https://h?x",
        ] {
            #expect(refusal { _ = try HubAddress(text) }?.code == .usage, "\(text)")
        }
        #expect(try HubAddress("http://127.0.0.1:8000").endpoint.port == 8_000)
    }

    /// Host, port and scheme all count; a name in the place of a password is no host.
    @Test(arguments: [
        ("https://hub.example/cdn", true), ("https://HUB.example:443/x", true), ("/api/x", true), ("x", true),
        ("https://cdn.example/x", false), ("https://hub.example:444/x", false), ("//cdn.example/x", false),
        ("https://hub.example.evil/x", false),
    ])
    func theTokenStaysWithTheHub(location: String, keeps: Bool) throws {
        let hub = try #require(HubURL("https://hub.example/a/b"))
        var rule = RedirectRule(endpoint: hub, token: "hf_x")
        let first = rule.request(hub)
        #expect(first.headers.contains("Authorization: Bearer hf_x"))
        let next = try rule.next(HubAnswer(status: 302, headers: [("Location", location)]), of: first)
        #expect((next.token != nil) == keeps, "\(next.url.text)")
        #expect(next.headers.contains { $0.hasPrefix("Authorization") } == keeps)
    }

    @Test(arguments: [
        "http://hub.example/x", "ftp://hub.example/x", "https://a@hub.example/x", "https://", "https://h ost/",
        "file:///etc",
        "https://hub.example/\u{7F}",
    ])
    func placesNobodyMayGoTo(location: String) throws {
        let hub = try #require(HubURL("https://hub.example/a/b"))
        var rule = RedirectRule(endpoint: hub, token: nil)
        let error = refusal {
            _ = try rule.next(HubAnswer(status: 302, headers: [("location", location)]), of: rule.request(hub))
        }
        #expect(error?.code == .badData, "\(location)")
    }

    @Test func aChainOfRedirectsEnds() throws {
        let hub = try #require(HubURL("https://hub.example/a"))
        var rule = RedirectRule(endpoint: hub, token: nil)
        let on = HubAnswer(status: 307, headers: [("location", "/b")])
        var request = rule.request(hub, bytes: .from(7))
        for _ in 0..<RedirectRule.limit { request = try rule.next(on, of: request) }
        #expect(request.headers.contains("Range: bytes=7-"))
        #expect(refusal { _ = try rule.next(on, of: request) }?.code == .badData)
    }

    /// A signature in an address is a secret.
    @Test func messagesNameNoQuery() {
        #expect(HubURL("https://cdn.example/x?Signature=s3cret#f")?.shown == "https://cdn.example/x")
    }

    @Test func answersAreRead() {
        let page = HubAnswer(
            status: 200,
            headers: [("Link", "<https://h/a?cursor=x>; rel=\"prev\", <https://h/b?cursor=y>; rel=\"next\"")])
        #expect(page.nextPage == "https://h/b?cursor=y")
        #expect(HubAnswer(status: 200, headers: [("link", "<https://h/a>; rel=\"first\"")]).nextPage == nil)
        #expect(HubAnswer(status: 200, headers: [("link", ">a<; rel=next")]).nextPage == nil)
        let part = HubAnswer(status: 206, headers: [("Content-Range", "bytes 5-9/10"), ("ETag", "W/\"abc\"")])
        #expect(part.bodyStart == 5 && part.contentSize == 10 && part.contentTag == "abc")
        let linked = HubAnswer(
            status: 302, headers: [("X-Linked-Size", "12"), ("X-Linked-ETag", "\"d\""), ("etag", "\"e\"")])
        #expect(linked.contentSize == 12 && linked.contentTag == "d" && linked.bodyStart == nil)
        #expect(HubAnswer(status: 206).bodyStart == nil && HubAnswer(status: 200).contentSize == nil)
        for (text, seconds) in [("7", 7), ("0", 0), ("-1", nil), ("soon", nil), ("99999999999999999999", nil)]
            as [(String, Int?)]
        {
            #expect(HubAnswer(status: 429, headers: [("Retry-After", text)]).retryAfter == seconds)
        }
    }

    @Test func whatIsAskedForStands() throws {
        let url = try #require(HubURL("https://hub.example/a"))
        #expect(HubRequest(url, bytes: .first(8)).headers.contains("Range: bytes=0-7"))
        #expect(HubRequest(url, bytes: .from(0)).headers.contains { $0.hasPrefix("Range") } == false)
        #expect(HubRequest(url).headers.contains("Accept-Encoding: identity"))
    }
}
