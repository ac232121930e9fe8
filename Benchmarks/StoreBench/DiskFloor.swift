import Foundation

/// How long the disk itself takes to keep what one commit writes: the same bytes at the end of a growing file, as SQLite
/// writes its log, and `fdatasync`, as it waits.
struct DiskFloor {
    private let path: String
    private let bytes: Int

    init(_ path: String, bytes: Int) {
        self.path = path
        self.bytes = bytes
    }

    /// Milliseconds of each time.
    func measure(times: Int) throws -> [Double] {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        defer {
            close(descriptor)
            unlink(path)
        }
        let block = [UInt8](repeating: 0x5E, count: bytes)
        var measured: [Double] = []
        for time in 0..<times {
            let begin = ContinuousClock.now
            guard pwrite(descriptor, block, bytes, off_t(time * bytes)) == bytes else {
                throw POSIXError(.init(rawValue: errno) ?? .EIO)
            }
            guard fdatasync(descriptor) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
            measured.append((ContinuousClock.now - begin).seconds * 1_000)
        }
        return measured
    }
}
