import Foundation
import Foundations

/// From where somebody tries to log in, as far as it tells people apart.
package enum LoginOrigin: Sendable, Hashable {
    /// The machine itself, `127.0.0.1` or `::1`: its operator, or everybody behind a proxy on it. Other addresses of the
    /// loopback range are chosen, by services that are to be told apart.
    case loopback
    /// A connection with a verified certificate: whose it is says more than its address.
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
            // IPv4 as a socket for both writes it.
            self = LoginOrigin(address: bytes[12...].map(String.init).joined(separator: "."), certificate: nil)
        } else if bytes == [UInt8](repeating: 0, count: 15) + [1] {
            self = .loopback
        } else {
            self = .address(Hex.encode(Array(bytes[..<8])) + "::/64")
        }
    }
}
