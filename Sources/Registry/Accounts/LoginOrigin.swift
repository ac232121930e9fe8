import Foundation
import Foundations

/// Where a login comes from, as precisely as it distinguishes people.
package enum LoginOrigin: Sendable, Hashable {
    /// The machine itself, `127.0.0.1` or `::1`: its operator, or everybody behind a proxy on it. Services that are to
    /// be told apart choose other addresses of the loopback range.
    case loopback
    /// A connection with a verified certificate: its subject says more than its address.
    case certificate(String)
    /// An address; of IPv6 the network of 64 bits, because one machine has all of its addresses.
    case address(String)

    /// The origin of a connection.
    package init(address: String, certificate: String?) {
        if let certificate {
            self = .certificate(certificate)
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, address, &six) == 1 else {
            self = address == "127.0.0.1" ? .loopback : .address(address)
            return
        }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
            // IPv4 as a dual-stack socket writes it.
            self = LoginOrigin(address: bytes[12...].map(String.init).joined(separator: "."), certificate: nil)
        } else if bytes == [UInt8](repeating: 0, count: 15) + [1] {
            self = .loopback
        } else {
            self = .address(Hex.encode(Array(bytes[..<8])) + "::/64")
        }
    }
}
