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
    /// One of the two is there.
    private var whole: SHA256Digest? = nil
    private var blob: GitBlobDigest? = nil

    /// For a file of so many bytes.
    init(_ wanted: ContentDigest, size: Int) {
        switch wanted {
        case .sha256: whole = SHA256Digest()
        case .gitBlob: blob = GitBlobDigest(size: size)
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        whole?.update(bytes)
        blob?.update(bytes)
    }

    /// As hexadecimal digits.
    consuming func finish() -> String {
        Hex.encode(whole.take()?.finish() ?? blob.take()?.finish() ?? [])
    }
}
