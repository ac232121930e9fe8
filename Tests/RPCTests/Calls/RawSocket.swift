import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A blocking TCP client without TLS. Reads give up after ten seconds.
final class RawSocket {
    private let descriptor: Int32
    struct Failed: Error { let number: Int32 }

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Failed(number: errno) }
        setTimeout(milliseconds: 10_000)
    }

    deinit { close(descriptor) }

    private func setTimeout(milliseconds: Int) {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    func send(_ bytes: [UInt8]) { _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    /// Whether the peer closed; false after ten seconds of silence.
    func readUntilClosed() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 { return true }
            if count < 0 { return errno == ECONNRESET }
        }
    }

    /// Sends a byte, waits 50 ms for a close, and so on.
    func trickleUntilClosed(_ bytes: [UInt8]) -> Bool {
        setTimeout(milliseconds: 50)
        var buffer = [UInt8](repeating: 0, count: 4096)
        for byte in bytes {
            send([byte])
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count == 0 || count < 0 && errno != EAGAIN { return true }
        }
        return false
    }
}
