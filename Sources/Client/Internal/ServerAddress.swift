import LocalFiles

/// Reads what people write for a server.
enum ServerAddress {
    /// Host and port. Throws `usage` with what to write instead.
    static func read(_ given: String) throws(MyVLMError) -> (host: String, port: UInt16) {
        var text = given[...]
        if let scheme = text.firstRange(of: "://") {
            let name = text[..<scheme.lowerBound].lowercased()
            text = text[scheme.upperBound...]
            guard name == "https" else {
                throw refuse(
                    given, name == "http" ? "the server speaks TLS alone" : "a server has no scheme", instead: text)
            }
        }
        while text.last == "/" { text.removeLast() }
        if let path = text.firstIndex(of: "/") {
            throw refuse(given, "a server has no path", instead: text[..<path])
        }
        if let user = text.lastIndex(of: "@") {
            throw refuse(given, "users log in with `myvlm login USER`", instead: text[text.index(after: user)...])
        }
        guard !text.contains(where: \.isWhitespace) else {
            throw refuse(given, "there is a space in it", instead: Substring(text.filter { !$0.isWhitespace }))
        }
        return try parts(of: text, given)
    }

    private static func parts(of text: Substring, _ given: String) throws(MyVLMError) -> (String, UInt16) {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), end > text.index(after: text.startIndex) else {
                throw MyVLMError(.usage, "\(quoted(given)) is not a server; write an IPv6 address as [::1]:7443")
            }
            let rest = text[text.index(after: end)...]
            guard rest.first == ":", rest.count > 1 else {
                throw MyVLMError(
                    .usage, "\(quoted(given)) names no port; write \(text[...end]):7443, with the server's own port")
            }
            return (String(text[text.index(after: text.startIndex)..<end]), try port(rest.dropFirst(), given))
        }
        guard let colon = text.lastIndex(of: ":") else {
            let host = text.isEmpty ? "localhost" : text
            throw MyVLMError(
                .usage, "\(quoted(given)) is not HOST:PORT; write \(host):7443, with the server's own port")
        }
        let host = text[..<colon]
        guard !host.isEmpty else {
            throw MyVLMError(.usage, "\(quoted(given)) names no host; write localhost\(text[colon...])")
        }
        guard !host.contains(":") else {
            throw MyVLMError(
                .usage, "\(quoted(given)): put the IPv6 address into brackets, as [::1]:7443")
        }
        let after = text[text.index(after: colon)...]
        guard !after.isEmpty else {
            throw MyVLMError(.usage, "\(quoted(given)) names no port; write \(host):7443, with the server's own port")
        }
        return (String(host), try port(after, given))
    }

    private static func port(_ text: Substring, _ given: String) throws(MyVLMError) -> UInt16 {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(text), port > 0 else {
            throw MyVLMError(
                .usage, "\(quoted(given)): the port is a number between 1 and 65535, as in localhost:7443")
        }
        return port
    }

    private static func refuse(_ given: String, _ why: String, instead: Substring) -> MyVLMError {
        let instead = instead.isEmpty ? "localhost:7443" : String(instead)
        return MyVLMError(.usage, "\(quoted(given)): \(why); leave that out and write \(CarriedText.shown(instead))")
    }

    private static func quoted(_ given: String) -> String { "\"\(CarriedText.shown(given))\"" }
}
