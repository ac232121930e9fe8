/// A model of a hub and the revision of it that is meant: `OWNER/NAME`, `OWNER/NAME@REVISION`.
package struct ModelID: Sendable, Hashable, CustomStringConvertible {
    /// What is taken where no revision is named.
    package static let standardRevision = "main"

    /// `OWNER/NAME`, or the bare `NAME` that a few old models have.
    package let repository: String
    /// A branch, a tag or a commit.
    package let revision: String

    /// Reads a name as users write it. Throws `usage`, saying what is wrong, for what no hub can have: nothing of it
    /// reaches an address or a path before.
    package init(_ text: String) throws(HubError) {
        let halves = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let repository = String(halves[0])
        let revision = halves.count > 1 ? String(halves[1]) : Self.standardRevision
        if let problem = Self.problem(ofRepository: repository) {
            throw HubError(
                .usage, "\"\(text.shownShort)\" names no model: \(problem); write OWNER/NAME or OWNER/NAME@REVISION")
        }
        if let problem = Self.problem(ofRevision: revision) {
            throw HubError(
                .usage, "\"\(text.shownShort)\" names no revision: \(problem); a branch, a tag or a commit does")
        }
        self.repository = repository
        self.revision = revision
    }

    /// Whether the revision is a commit, of which there is only one.
    package var isCommit: Bool { Self.isCommit(revision) }

    /// Whether a text is a commit in full: 40 lower-case hexadecimal digits.
    package static func isCommit(_ text: String) -> Bool { text.utf8.count == 40 && text.isLowerHexadecimal }

    package var description: String {
        revision == Self.standardRevision ? repository : "\(repository)@\(revision)"
    }

    private static func problem(ofRepository text: String) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count) else { return "it has more than one slash" }
        for part in parts {
            guard (1...96).contains(part.utf8.count) else { return "each part has 1 to 96 characters" }
            guard part.utf8.allSatisfy({ isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }) else {
                return "letters, digits, - _ and . are all it may hold"
            }
            guard let first = part.utf8.first, let last = part.utf8.last, isWord(first), isWord(last) else {
                return "no part begins or ends with - or ."
            }
        }
        // The cache writes -- for the slash.
        guard !text.contains("--"), !text.contains("..") else { return "it holds -- or .." }
        guard !text.hasSuffix(".git") else { return "it ends with .git" }
        return nil
    }

    private static func problem(ofRevision text: String) -> String? {
        guard (1...200).contains(text.utf8.count) else { return "it has 1 to 200 characters" }
        let others = Set("-./+".utf8)
        guard text.utf8.allSatisfy({ isWord($0) || others.contains($0) }) else {
            return "letters, digits, - _ . + and / are all it may hold"
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasPrefix("-") }), !text.contains("..") else {
            return "it holds an empty part, .. or a part that begins with . or -"
        }
        return nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
