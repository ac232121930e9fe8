internal import COpenSSL
internal import RPCCore

/// What a client is told when the TLS handshake fails: what is wrong, and who can fix it.
enum CertificateTrouble {
    /// A certificate that was refused: the server's own, or one of the authorities above it.
    static func error(_ result: Int, isOfServer: Bool, name: String) -> RPCError {
        let reason = X509_verify_cert_error_string(result).map { String(cString: $0) } ?? "error \(result)"
        let message =
            switch Int32(truncatingIfNeeded: result) {
            case X509_V_ERR_CERT_HAS_EXPIRED where isOfServer:
                "the server's certificate has expired; its operator must renew it"
            case X509_V_ERR_CERT_HAS_EXPIRED:
                "the authority that signed the server's certificate has expired; the server's operator must make a "
                    + "new one and hand out its file"
            case X509_V_ERR_CERT_NOT_YET_VALID:
                "the certificate of the \(isOfServer ? "server" : "server's authority") is not valid yet; check the "
                    + "clock and date of this machine, then those of the server"
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
                "the server's certificate is not for \(name) (\(reason)); connect by a name the certificate carries"
            case X509_V_ERR_CERT_REVOKED:
                "the server's certificate was revoked; its operator must renew it"
            default: "the server's certificate is not trusted (\(reason)); check the authority file"
            }
        return TransportError.unavailable(message)
    }

    /// A handshake that failed for another reason.
    static func handshake(_ code: UInt, _ reason: String) -> RPCError {
        // What ERR_GET_REASON, a macro, extracts.
        let number = Int32(code & 0x7F_FFFF)
        let message =
            switch number {
            case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_UNKNOWN_PROTOCOL:
                "the peer does not speak TLS (\(reason)): is it a TLS port, and the right one?"
            case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
                "the server asks for a client certificate; name one that its authority signed"
            case SSL_R_TLSV1_ALERT_UNKNOWN_CA, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
                SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
                "the server does not accept the client certificate (\(reason)); name one that its authority signed"
            case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
                "the client certificate has expired; have it renewed"
            default: "the TLS handshake failed (\(reason)); is it a TLS port, and is the certificate trusted?"
            }
        return TransportError.unavailable(message)
    }
}
