internal import Glibc

extension SHA256Digest {
    /// The 32 bytes of the digest of a file's content. It is read, not mapped: touched pages of a mapping count as this
    /// process's memory, and checkpoints are large.
    public static func of(contentsOf path: String) throws(SystemFailure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemFailure(errno) }
        defer { close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var digest = SHA256Digest()
        while true {
            let count = read(file, buffer.baseAddress, buffer.count)
            if count == 0 { return digest.finish() }
            if count > 0 {
                digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } else if errno != EINTR {
                throw SystemFailure(errno)
            }
        }
    }
}
