/// What a user means by `--model X`: the one place that says so.
///
/// `NAME=PLACE` gives the model at a place a name; a place is a folder or file that is there, else a model of a hub
/// (`OWNER/NAME`, `OWNER/NAME@REVISION`).
package struct ModelReference: Sendable, Equatable {
    /// Where a model is.
    package enum Place: Sendable, Equatable {
        /// A folder or file, as written.
        case local(String)
        /// A model of a hub.
        case hub(ModelID)

        /// As a user writes it.
        package var text: String {
            switch self {
            case .local(let path): path
            case .hub(let id): "\(id)"
            }
        }
    }

    /// The name it goes by; nil where none was given.
    package let name: String?
    package let place: Place

    /// Reads a reference. Throws `usage` for a name of nothing.
    /// - Parameter exists: whether a path leads to a folder or file.
    package init(_ text: String, exists: (String) -> Bool) throws(HubError) {
        if let equals = text.firstIndex(of: "="), Self.isName(text[..<equals]) {
            name = String(text[..<equals])
            place = Self.place(String(text[text.index(after: equals)...]), exists)
            guard place != .local("") else {
                throw HubError(.usage, "\"\(text.shownShort)\" gives a name to nothing; write NAME=PLACE")
            }
        } else {
            name = nil
            place = Self.place(text, exists)
        }
    }

    /// The place of a text that gives no name: of a path in a configuration, whose name stands beside it.
    package static func place(ofPath text: String, exists: (String) -> Bool) -> Place { place(text, exists) }

    private static func place(_ text: String, _ exists: (String) -> Bool) -> Place {
        // A bare name is a folder that is not there far more often than one of the hub's few models without an owner,
        // and what no hub can have is a path: whoever opens it tells that nothing is there.
        guard !exists(text), let id = try? ModelID(text), id.repository.contains("/") else { return .local(text) }
        return .hub(id)
    }

    /// Names are what may stand before the first `=` of a reference; whatever else stands there is part of a path.
    private static func isName(_ text: Substring) -> Bool {
        text.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,63}/) != nil
    }
}
