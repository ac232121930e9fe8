internal import COpenSSL
internal import Glibc
package import RPCCore

/// Makes the errors of this layer: always `RPCError`, so that one error type reaches the caller.
package enum TransportError {
    package static func unavailable(_ message: String) -> RPCError { RPCError(code: .unavailable, message: message) }

    /// A failed system call with its errno in words.
    package static func system(_ what: String, _ number: Int32) -> RPCError {
        unavailable("\(what): \(String(cString: strerror(number)))")
    }

    /// The reason in this thread's OpenSSL error queue; empties the queue.
    static func opensslReason() -> String {
        var reason = "unknown TLS error"
        var isFirst = true
        while case let code = ERR_get_error(), code != 0 {
            if isFirst { reason = opensslReason(code) }
            isFirst = false
        }
        return reason
    }

    static func opensslReason(_ code: UInt) -> String {
        guard let text = ERR_reason_error_string(code) else { return "TLS error \(code)" }
        return String(cString: text)
    }
}
