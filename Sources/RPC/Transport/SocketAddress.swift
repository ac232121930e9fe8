internal import Foundation
internal import Glibc
internal import RPCCore

/// Addresses of a host, and what an address says of itself.
enum SocketAddress {
    /// One resolved address: a `sockaddr` of any family, as bytes.
    struct Resolved: Sendable {
        let family: Int32
        let bytes: [UInt8]
    }

    /// Asks the resolver. Blocks.
    static func resolve(_ endpoint: Endpoint, passive: Bool) throws -> [Resolved] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(endpoint.host.isEmpty ? nil : endpoint.host, String(endpoint.port), &hints, &list)
        guard status == 0 else {
            throw TransportError.unavailable(
                "the host \(endpoint.host) is not known (\(String(cString: gai_strerror(status)))); check its name")
        }
        defer { freeaddrinfo(list) }
        var found: [Resolved] = []
        var next = list
        while let entry = next?.pointee {
            let bytes = [UInt8](UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen)))
            found.append(Resolved(family: entry.ai_family, bytes: bytes))
            next = entry.ai_next
        }
        return found
    }

    /// Numeric address and port.
    static func describe(_ address: UnsafePointer<sockaddr>, length: socklen_t) -> Endpoint {
        var host = [CChar](repeating: 0, count: 256)
        var service = [CChar](repeating: 0, count: 32)
        guard
            getnameinfo(
                address, length, &host, socklen_t(host.count), &service, socklen_t(service.count),
                NI_NUMERICHOST | NI_NUMERICSERV) == 0
        else { return Endpoint(host: "unknown", port: 0) }
        return Endpoint(host: text(host), port: UInt16(text(service)) ?? 0)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The address a socket is bound to.
    static func local(_ descriptor: Int32) -> Endpoint? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &length) == 0 ? describe(address, length: length) : nil
            }
        }
    }
}
