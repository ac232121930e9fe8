internal import COpenSSL

/// The names in a verified peer's certificate.
package struct PeerCertificate: Sendable, Equatable {
    /// The subject, as RFC 2253 writes it.
    package let subject: String
    /// The DNS names, addresses and URIs of the subject alternative name.
    package let names: [String]

    /// nil where the peer showed none.
    init?(ssl: OpaquePointer) {
        guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
        defer { X509_free(certificate) }
        let memory = BIO_new(BIO_s_mem())
        defer { BIO_free(memory) }
        X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, MYVLM_XN_FLAG_RFC2253)
        subject = Self.text(memory)
        var found: [String] = []
        if let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) {
            let names = OpaquePointer(raw)
            defer { GENERAL_NAMES_free(names) }
            for index in 0..<OPENSSL_sk_num(names) {
                guard let value = OPENSSL_sk_value(names, index) else { continue }
                GENERAL_NAME_print(memory, value.assumingMemoryBound(to: GENERAL_NAME.self))
                let printed = Self.text(memory)
                found.append(printed.split(separator: ":", maxSplits: 1).last.map(String.init) ?? printed)
            }
        }
        self.names = found
    }

    private static func text(_ memory: OpaquePointer?) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = BIO_read(memory, &buffer, Int32(buffer.count))
        return String(decoding: buffer.prefix(max(0, Int(count))), as: UTF8.self)
    }
}
