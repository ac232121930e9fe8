internal import Glibc

extension SHA256Digest {
    /// The 32 bytes of the digest of a file's content.
    public static func of(contentsOf path: String) throws(SystemFailure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemFailure(errno) }
        defer { close(file) }
        var digest = SHA256Digest()
        try FilePieces.read(file) { digest.update($0) }
        return digest.finish()
    }
}
