internal import COpenSSL
internal import Glibc
internal import RPCCore

/// An OpenSSL context: TLS 1.2 and 1.3 only, ALPN `h2`.
///
/// `@unchecked Sendable`: an `SSL_CTX` is not changed after `init`, and OpenSSL locks its own counters.
package final class TLSContext: @unchecked Sendable {
    let context: OpaquePointer

    private init(_ method: OpaquePointer?) throws {
        ERR_clear_error()
        guard let context = SSL_CTX_new(method) else { throw Self.failure("TLS cannot start") }
        self.context = context
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_3_VERSION), nil)
        SSL_CTX_set_options(
            context,
            MYVLM_SSL_OP_NO_RENEGOTIATION | MYVLM_SSL_OP_IGNORE_UNEXPECTED_EOF | MYVLM_SSL_OP_NO_COMPRESSION)
        // RFC 9113, section 9.2.2: with TLS 1.2 only ephemeral keys and AEAD ciphers.
        guard SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 else {
            throw Self.failure("this OpenSSL lacks the ciphers of HTTP/2")
        }
    }

    deinit { SSL_CTX_free(context) }

    /// A server's context. `clientAuthority` switches client certificates on; `requireClient` refuses clients
    /// without one. Throws `RPCError` naming the file that cannot be used.
    package static func server(
        certificateFile: String, keyFile: String, clientAuthority: String?, requireClient: Bool
    ) throws -> TLSContext {
        let tls = try TLSContext(TLS_server_method())
        try tls.use(certificateFile: certificateFile, keyFile: keyFile)
        SSL_CTX_set_alpn_select_cb(
            tls.context,
            { _, out, outLength, offered, length, _ in
                var index = 0
                while let offered, index < Int(length) {
                    let count = Int(offered[index])
                    guard index + 1 + count <= Int(length) else { break }
                    if count == 2, offered[index + 1] == UInt8(ascii: "h"), offered[index + 2] == UInt8(ascii: "2") {
                        out?.pointee = offered + index + 1
                        outLength?.pointee = 2
                        return SSL_TLSEXT_ERR_OK
                    }
                    index += 1 + count
                }
                return SSL_TLSEXT_ERR_ALERT_FATAL
            }, nil)
        if let clientAuthority {
            try tls.trust(clientAuthority)
            SSL_CTX_set_verify(
                tls.context, SSL_VERIFY_PEER | (requireClient ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nil)
            SSL_CTX_set_client_CA_list(tls.context, SSL_load_client_CA_file(clientAuthority))
        }
        let id = Array("myvlm".utf8)
        SSL_CTX_set_session_id_context(tls.context, id, UInt32(id.count))
        return tls
    }

    /// A client's context. Without `authorityFile` the system's authorities are trusted.
    package static func client(authorityFile: String?, certificateFile: String?, keyFile: String?) throws -> TLSContext
    {
        let tls = try TLSContext(TLS_client_method())
        if let authorityFile {
            try tls.trust(authorityFile)
        } else if SSL_CTX_set_default_verify_paths(tls.context) != 1 {
            throw failure("the system's certificate authorities cannot be read; name an authority file")
        }
        // Records which certificate of the chain was refused: OpenSSL's result gives only the reason.
        SSL_CTX_set_verify(tls.context, SSL_VERIFY_PEER) { isGood, store in
            let index = SSL_get_ex_data_X509_STORE_CTX_idx()
            if isGood == 0, let ssl = X509_STORE_CTX_get_ex_data(store, index) {
                let depth = Int(X509_STORE_CTX_get_error_depth(store))
                SSL_set_ex_data(OpaquePointer(ssl), 0, UnsafeMutableRawPointer(bitPattern: depth + 1))
            }
            return isGood
        }
        if let certificateFile {
            try tls.use(certificateFile: certificateFile, keyFile: keyFile ?? certificateFile)
        }
        let protocols: [UInt8] = [2, UInt8(ascii: "h"), UInt8(ascii: "2")]
        guard SSL_CTX_set_alpn_protos(tls.context, protocols, UInt32(protocols.count)) == 0 else {
            throw failure("ALPN cannot be set")
        }
        return tls
    }

    private func use(certificateFile: String, keyFile: String) throws {
        guard SSL_CTX_use_certificate_chain_file(context, certificateFile) == 1 else {
            throw Self.failure("the certificate \(certificateFile) cannot be used; it must be readable PEM")
        }
        // Also checks that the two belong together.
        guard SSL_CTX_use_PrivateKey_file(context, keyFile, SSL_FILETYPE_PEM) == 1 else {
            throw Self.failure(
                "the key \(keyFile) cannot be used with the certificate \(certificateFile); it must belong to it, "
                    + "and be readable PEM without a pass phrase")
        }
    }

    private func trust(_ authorityFile: String) throws {
        guard SSL_CTX_load_verify_locations(context, authorityFile, nil) == 1 else {
            throw Self.failure("the authority file \(authorityFile) cannot be used; it must be readable PEM")
        }
    }

    /// A server's end of a new connection.
    func acceptor() -> OpaquePointer? { SSL_new(context) }

    /// A client's end of a connection to `name`, which the certificate must carry as DNS name or address.
    func connector(name: String) -> OpaquePointer? {
        guard let ssl = SSL_new(context) else { return nil }
        var address = in6_addr()
        let isAddress = inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
        let isSet: Bool
        if isAddress {
            isSet = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1
        } else {
            SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            let sni = name.withCString {
                SSL_ctrl(
                    ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                    UnsafeMutableRawPointer(mutating: $0))
            }
            isSet = SSL_set1_host(ssl, name) == 1 && sni == 1
        }
        guard isSet else {
            SSL_free(ssl)
            return nil
        }
        return ssl
    }

    /// Which certificate of the chain was refused: 0 is the peer's own, 1 the one that signed it.
    static func failedDepth(_ ssl: OpaquePointer) -> Int { Int(bitPattern: SSL_get_ex_data(ssl, 0)) - 1 }

    private static func failure(_ message: String) -> RPCError {
        RPCError(code: .failedPrecondition, message: "\(message) (\(TransportError.opensslReason()))")
    }
}
