internal import Glibc

/// A file's content, a piece at a time, from where the descriptor stands to the end. It is read, not mapped: touched pages of
/// a mapping count as this process's memory, and checkpoints are large.
public enum FilePieces {
    /// Bytes of the largest piece.
    public static let size = 1 << 20

    /// Hands over each piece, which lives until `body` returns. A read that a signal interrupts is begun again.
    public static func read(
        _ descriptor: Int32, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemFailure) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return }
            if count > 0 {
                body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } else if errno != EINTR {
                throw SystemFailure(errno)
            }
        }
    }
}
