/// The head of an answer: its status and its headers.
package struct HubAnswer: Sendable, Equatable {
    package let status: Int
    /// Names in lower case; of several of one name the first counts.
    private let headers: [String: String]

    package init(status: Int, headers: [(String, String)] = []) {
        self.status = status
        self.headers = Dictionary(headers.map { ($0.0.lowercased(), $0.1) }) { first, _ in first }
    }

    /// A header's value.
    package subscript(_ name: String) -> String? { headers[name] }

    package var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) }

    /// The address of the next page, from a `Link` header: `<ADDRESS>; rel="next"`.
    package var nextPage: String? {
        for link in (self["link"] ?? "").split(separator: ",") {
            guard let start = link.firstIndex(of: "<"), let end = link.firstIndex(of: ">"), start < end else {
                continue
            }
            let relation = link[end...].replacing(" ", with: "").replacing("\"", with: "")
            if relation.split(separator: ";").contains("rel=next") {
                return String(link[link.index(after: start)..<end])
            }
        }
        return nil
    }

    /// How many seconds the server asks to wait; a date is not read, as no hub sends one.
    package var retryAfter: Int? {
        self["retry-after"].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// What names the content: the linked file's tag before the answer's own, without quotes and weakness.
    package var contentTag: String? {
        (self["x-linked-etag"] ?? self["etag"]).map { tag in
            String((tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]).filter { $0 != "\"" })
        }
    }

    /// How large the whole file is, where the answer says so.
    package var contentSize: Int? {
        if let linked = self["x-linked-size"] { return Int(linked) }
        if status == 206 { return self["content-range"]?.split(separator: "/").last.flatMap { Int($0) } }
        return status == 200 ? self["content-length"].flatMap { Int($0) } : nil
    }

    /// The byte of the file that the body begins with.
    package var bodyStart: Int? {
        if status == 200 { return 0 }
        guard status == 206, let range = self["content-range"], range.hasPrefix("bytes ") else { return nil }
        return range.dropFirst(6).split(separator: "-").first.flatMap { Int($0) }
    }
}
