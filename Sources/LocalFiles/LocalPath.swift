import Glibc

/// The path of a file or folder as the system has it: bytes. Made of an argument, a variable or a setting, whose text
/// `CarriedText` carries.
package struct LocalPath: Sendable, Hashable {
    /// Without an end mark.
    package let bytes: [UInt8]

    /// A path of bytes.
    package init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// The path that a text carries.
    package init(_ text: String) { self.init(bytes: CarriedText.encode(text)) }

    /// Text that carries the path.
    package var text: String { CarriedText.decode(bytes) }

    /// The path as people may see it.
    package var shown: String { bytes.isEmpty ? "\"\"" : CarriedText.shown(text) }

    /// What stands behind the last slash.
    package var name: LocalPath {
        LocalPath(bytes: bytes.split(separator: Self.slash).last.map(Array.init) ?? bytes)
    }

    /// Where it lies: `.` for a bare name.
    package var folder: LocalPath {
        var rest = bytes[...]
        while rest.count > 1, rest.last == Self.slash { rest.removeLast() }
        guard let end = rest.lastIndex(of: Self.slash) else { return LocalPath(".") }
        return LocalPath(bytes: end == 0 ? rest[...0] : rest[..<end])
    }

    /// Whether it means the same wherever one stands.
    package var isAbsolute: Bool { bytes.first == Self.slash }

    /// A path below this one.
    package func appending(_ part: LocalPath) -> LocalPath {
        LocalPath(bytes: bytes + (bytes.last == Self.slash ? [] : [Self.slash]) + part.bytes)
    }

    /// A path below this one.
    package func appending(_ part: String) -> LocalPath { appending(LocalPath(part)) }

    /// The path with something behind it: an extension.
    package func adding(_ suffix: String) -> LocalPath { LocalPath(bytes: bytes + CarriedText.encode(suffix)) }

    /// The path without an ending, where it has it.
    package func dropping(_ suffix: String) -> LocalPath {
        let suffix = CarriedText.encode(suffix)
        return bytes.count > suffix.count && bytes.suffix(suffix.count) == suffix[...]
            ? LocalPath(bytes: bytes.dropLast(suffix.count)) : self
    }

    /// The same place as an absolute path. Throws `missing` where the current folder is gone.
    package func absolute() throws(LocalFileError) -> LocalPath {
        if isAbsolute { return self }
        guard let here = getcwd(nil, 0) else {
            throw LocalFileError(.missing, "the current folder is gone; go to one that is there")
        }
        defer { free(here) }
        return LocalPath(bytes: String.bytes(here)).appending(self)
    }

    /// Calls a function of the system; -1 and ENOENT for a path that holds a NUL, which no file has.
    package func call<Result: SignedInteger>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        guard !bytes.contains(0) else {
            errno = ENOENT
            return -1
        }
        return (bytes + [0]).withUnsafeBytes { raw in
            raw.baseAddress.map { body($0.assumingMemoryBound(to: CChar.self)) } ?? -1
        }
    }

    private static let slash = UInt8(ascii: "/")
}

extension String {
    /// The bytes of a text of C's.
    package static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}
