import Foundation
import Glibc

/// Listens without TLS and answers every connection with a line of HTTP, or with nothing.
final class PlainListener {
    private let descriptor: Int32
    let port: UInt16
    struct Failed: Error { let number: Int32 }

    init(answers: Bool = true) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) | listen(descriptor, 8) | getsockname(descriptor, pointer, &length)
            }
        }
        guard status == 0 else { throw Failed(number: errno) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread {
            while case let peer = accept(descriptor, nil, nil), peer >= 0 {
                let line = Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)
                if answers { _ = send(peer, line, line.count, Int32(MSG_NOSIGNAL)) }
                var buffer = [UInt8](repeating: 0, count: 1024)
                while recv(peer, &buffer, buffer.count, 0) > 0 {}
                close(peer)
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }
}
