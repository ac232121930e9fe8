import COpenSSL
import Foundation

/// An X.509 v3 certificate (RFC 5280), owned by OpenSSL; confined like `KeyPair`.
struct Certificate: ~Copyable {
    private let pointer: OpaquePointer

    deinit { X509_free(pointer) }

    /// The first certificate of a PEM file; throws `badData` for one that is none.
    init(file: String) throws(ServiceError) {
        guard let bio = BIO_new_file(file, "r") else { throw OpenSSLFailure.unreadable(file, "a certificate") }
        defer { BIO_free(bio) }
        guard let pointer = PEM_read_bio_X509(bio, nil, nil, nil) else {
            throw OpenSSLFailure.unreadable(file, "a certificate")
        }
        self.pointer = pointer
    }

    /// Whether the key belongs to this certificate.
    func belongs(to key: borrowing KeyPair) -> Bool {
        defer { ERR_clear_error() }
        return X509_check_private_key(pointer, key.pointer) == 1
    }

    /// Its subject, names and dates.
    var life: CertificateLife { CertificateLife(pointer) }

    /// A self-signed certificate authority that may sign server certificates only, not further authorities.
    static func authority(_ key: borrowing KeyPair, name: String, days: Int) throws(ServiceError) -> Certificate {
        let certificate = try Certificate()
        try certificate.fill(key, name: name, days: days)
        try certificate.issue(by: certificate.pointer, key)
        try certificate.extend(
            [
                (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"), (NID_key_usage, "critical,keyCertSign,cRLSign"),
                (NID_subject_key_identifier, "hash"),
            ], issuer: certificate.pointer)
        try certificate.sign(key)
        return certificate
    }

    /// A server's certificate for the names, signed by the authority.
    static func server(
        _ key: borrowing KeyPair, hosts: [String], days: Int, by authority: borrowing Certificate,
        _ authorityKey: borrowing KeyPair
    ) throws(ServiceError) -> Certificate {
        let certificate = try Certificate()
        try certificate.fill(key, name: hosts.first ?? "localhost", days: days)
        try certificate.issue(by: authority.pointer, authorityKey)
        let names = try hosts.map { host throws(ServiceError) in try SubjectName(host).openssl }.joined(separator: ",")
        try certificate.extend(
            [
                (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                (NID_ext_key_usage, "serverAuth"), (NID_subject_key_identifier, "hash"),
                (NID_authority_key_identifier, "keyid:always"), (NID_subject_alt_name, names),
            ], issuer: authority.pointer)
        try certificate.sign(authorityKey)
        return certificate
    }

    /// The certificate in PEM.
    func pem() throws(ServiceError) -> [UInt8] {
        try OpenSSLFailure.memory("write a certificate") { PEM_write_bio_X509($0, pointer) }
    }

    private init() throws(ServiceError) {
        guard let pointer = X509_new() else { throw OpenSSLFailure.error("make a certificate") }
        self.pointer = pointer
    }

    private func fill(_ key: borrowing KeyPair, name: String, days: Int) throws(ServiceError) {
        // 159 random bits: positive and below the 20 octets of RFC 5280, section 4.1.2.2.
        guard let serial = BN_new() else { throw OpenSSLFailure.error("make a serial number") }
        defer { BN_free(serial) }
        let subject = X509_get_subject_name(pointer)
        let text = [UInt8](name.utf8.prefix(64))  // 0x1000: MBSTRING_UTF8, a macro C does not hand on
        guard BN_rand(serial, 159, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1,
            BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(pointer)) != nil,
            X509_set_version(pointer, 2) == 1,
            // Valid from an hour ago, for clients whose clock is a little behind.
            X509_gmtime_adj(X509_getm_notBefore(pointer), -3_600) != nil,
            X509_gmtime_adj(X509_getm_notAfter(pointer), days * 86_400) != nil,
            X509_NAME_add_entry_by_txt(subject, "CN", 0x1000, text, Int32(text.count), -1, 0) == 1,
            X509_set_pubkey(pointer, key.pointer) == 1
        else { throw OpenSSLFailure.error("fill in a certificate") }
    }

    private func issue(by issuer: OpaquePointer, _ key: borrowing KeyPair) throws(ServiceError) {
        guard X509_set_issuer_name(pointer, X509_get_subject_name(issuer)) == 1 else {
            throw OpenSSLFailure.error("name an issuer")
        }
    }

    private func extend(_ extensions: [(Int32, String)], issuer: OpaquePointer) throws(ServiceError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer, pointer, nil, nil, 0)
        for (identifier, value) in extensions {
            guard let made = X509V3_EXT_conf_nid(nil, &context, identifier, value) else {
                throw OpenSSLFailure.error("add \(value)")
            }
            defer { X509_EXTENSION_free(made) }
            guard X509_add_ext(pointer, made, -1) == 1 else { throw OpenSSLFailure.error("add \(value)") }
        }
    }

    private func sign(_ key: borrowing KeyPair) throws(ServiceError) {
        guard X509_sign(pointer, key.pointer, EVP_sha256()) > 0 else { throw OpenSSLFailure.error("sign") }
    }
}

/// A subject alternative name: a DNS name or an IP address, checked before OpenSSL's own syntax sees it.
struct SubjectName {
    /// As OpenSSL writes it: `DNS:localhost`, `IP:127.0.0.1`.
    let openssl: String

    init(_ host: String) throws(ServiceError) {
        var address = in6_addr()
        if inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1 {
            openssl = "IP:" + host
            return
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let allowed = labels.enumerated().allSatisfy { index, label in
            (index == 0 && label == "*" && labels.count > 2)
                || (!label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { byte in
                        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                            || byte == UInt8(ascii: "_")
                    })
        }
        guard allowed, host.utf8.count <= 253 else {
            throw ServiceError(.usage, "\"\(host)\" is neither a host name nor an IP address; correct --host")
        }
        openssl = "DNS:" + host
    }
}
