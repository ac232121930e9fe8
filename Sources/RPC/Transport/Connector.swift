internal import Foundation
internal import Glibc
package import RPCCore

/// Opens a TCP connection with errors that say what to check. Name lookup and connecting block, so they run on a
/// thread of their own; there is at most one per channel.
package enum Connector {
    /// Connects to the first address of `endpoint` that answers within `timeout`.
    package static func connect(
        _ endpoint: Endpoint, timeout: Duration, completion: @escaping @Sendable (Result<Int32, RPCError>) -> Void
    ) {
        Thread.detachNewThread { completion(attempt(endpoint, until: .now + timeout)) }
    }

    private static func attempt(_ endpoint: Endpoint, until deadline: ContinuousClock.Instant) -> Result<
        Int32, RPCError
    > {
        var last = TransportError.unavailable("the host \(endpoint.host) has no address")
        do {
            for address in try SocketAddress.resolve(endpoint, passive: false) {
                switch open(address, until: deadline) {
                case .success(let descriptor): return .success(descriptor)
                case .failure(let failure): last = describe(failure.number, endpoint)
                }
            }
        } catch let error as RPCError {
            last = error
        } catch {
            last = RPCError(code: .unavailable, message: "the host \(endpoint.host) cannot be resolved", cause: error)
        }
        return .failure(last)
    }

    private struct Failure: Error { let number: Int32 }

    private static func open(
        _ address: SocketAddress.Resolved, until deadline: ContinuousClock.Instant
    ) -> Result<Int32, Failure> {
        let flags = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.family, flags, 0)
        guard descriptor >= 0 else { return .failure(Failure(number: errno)) }
        let status = address.bytes.withUnsafeBytes { raw in
            raw.baseAddress.map {
                Glibc.connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
            } ?? -1
        }
        var number = status == 0 ? 0 : errno
        if number == EINPROGRESS {
            var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let milliseconds = max(0, (deadline - .now) / .milliseconds(1))
            if poll(&poller, 1, Int32(min(milliseconds, 3_600_000))) <= 0 {
                number = ETIMEDOUT
            } else {
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &length)
            }
        }
        guard number == 0 else {
            close(descriptor)
            return .failure(Failure(number: number))
        }
        return .success(descriptor)
    }

    private static func describe(_ number: Int32, _ endpoint: Endpoint) -> RPCError {
        let place = "\(endpoint.host):\(endpoint.port)"
        return switch number {
        case ECONNREFUSED:
            TransportError.unavailable("nothing listens at \(place); is the server running, and is this its port?")
        case ETIMEDOUT:
            TransportError.unavailable("\(place) does not answer; check the address and any firewall between")
        default: TransportError.system("\(place) cannot be reached", number)
        }
    }
}
