internal import Foundations

/// What a file's content must come to.
package enum ContentDigest: Sendable, Hashable {
    /// Of a large file: 64 hexadecimal digits.
    case sha256(String)
    /// Of a small one, as git names it: 40 hexadecimal digits.
    case gitBlob(String)

    /// The digest that a text names by its length; nil for what is none.
    package init?(_ text: String) {
        guard text.isLowerHexadecimal else { return nil }
        switch text.utf8.count {
        case 64: self = .sha256(text)
        case 40: self = .gitBlob(text)
        default: return nil
        }
    }

    /// The digits: the name of the file's blob in the cache.
    package var text: String {
        switch self {
        case .sha256(let text), .gitBlob(let text): text
        }
    }
}

/// Computes a digest of either kind. Confined to where it is made.
struct ContentDigester: ~Copyable {
    private var whole: SHA256Digest
    private var blob: GitBlobDigest
    private let isBlob: Bool

    /// For a file of so many bytes.
    init(_ wanted: ContentDigest, size: Int) {
        whole = SHA256Digest()
        blob = GitBlobDigest(size: size)
        if case .gitBlob = wanted { isBlob = true } else { isBlob = false }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if isBlob { blob.update(bytes) } else { whole.update(bytes) }
    }

    /// As hexadecimal digits.
    consuming func finish() -> String {
        // Both are ended: what is not copied cannot be left in part.
        let (one, other) = (isBlob, blob.finish())
        let sum = whole.finish()
        return Hex.encode(one ? other : sum)
    }
}
