import COpenSSL
import Foundation

/// The subject of a certificate, its names, and when it is valid.
public struct CertificateLife: Sendable, Equatable {
    /// The subject, as RFC 2253 writes it.
    public let subject: String
    /// Names and addresses of its subject alternative name.
    public let names: [String]
    /// Start of its validity, milliseconds since 1970.
    public let fromMs: Int64
    /// End of its validity, milliseconds since 1970.
    public let untilMs: Int64

    /// The state of a certificate at a time.
    public enum State: Sendable, Equatable {
        case good
        /// It ends in fewer than thirty days.
        case endsSoon(days: Int)
        case expired
        case notYetGood
    }

    /// How long before its end a certificate is warned about.
    static let warningMs: Int64 = 30 * 86_400_000

    /// Its state at a time, milliseconds since 1970.
    public func state(atMs now: Int64) -> State {
        if now < fromMs { return .notYetGood }
        if now >= untilMs { return .expired }
        return untilMs - now < Self.warningMs ? .endsSoon(days: Int((untilMs - now) / 86_400_000)) : .good
    }

    /// Every certificate of a PEM file; throws `badData` where there is none.
    public static func read(_ file: String) throws(ServiceError) -> [CertificateLife] {
        guard let bio = BIO_new_file(file, "r") else { throw OpenSSLFailure.unreadable(file, "a certificate") }
        defer { BIO_free(bio) }
        var found: [CertificateLife] = []
        while let certificate = PEM_read_bio_X509(bio, nil, nil, nil) {
            defer { X509_free(certificate) }
            found.append(CertificateLife(certificate))
        }
        // To OpenSSL the end of the file is an error.
        ERR_clear_error()
        guard !found.isEmpty else { throw OpenSSLFailure.unreadable(file, "a certificate") }
        return found
    }

    /// One line for a person.
    public var summary: String {
        let days = "good from \(CertificateWatch.day(fromMs)) to \(CertificateWatch.day(untilMs))"
        return names.isEmpty ? "\(subject), \(days)" : "\(subject), \(days), for \(names.joined(separator: ", "))"
    }

    init(subject: String, names: [String], fromMs: Int64, untilMs: Int64) {
        self.subject = subject
        self.names = names
        self.fromMs = fromMs
        self.untilMs = untilMs
    }

    init(_ certificate: OpaquePointer) {
        let memory = BIO_new(BIO_s_mem())
        defer { BIO_free(memory) }
        X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, MYVLM_XN_FLAG_RFC2253)
        subject = Self.text(memory)
        var names: [String] = []
        if let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) {
            let list = OpaquePointer(raw)
            defer { GENERAL_NAMES_free(list) }
            for index in 0..<OPENSSL_sk_num(list) {
                guard let value = OPENSSL_sk_value(list, index) else { continue }
                GENERAL_NAME_print(memory, value.assumingMemoryBound(to: GENERAL_NAME.self))
                let printed = Self.text(memory)
                names.append(printed.split(separator: ":", maxSplits: 1).last.map(String.init) ?? printed)
            }
        }
        self.names = names
        fromMs = Self.milliseconds(X509_get0_notBefore(certificate))
        untilMs = Self.milliseconds(X509_get0_notAfter(certificate))
    }

    private static func milliseconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var parts = tm()
        // A certificate whose time cannot be read is reported as expired.
        guard ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
        return Int64(timegm(&parts)) * 1_000
    }

    private static func text(_ memory: OpaquePointer?) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = BIO_read(memory, &buffer, Int32(buffer.count))
        return String(decoding: buffer.prefix(max(0, Int(count))), as: UTF8.self)
    }
}
