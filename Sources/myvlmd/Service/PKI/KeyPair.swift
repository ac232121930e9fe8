import COpenSSL

/// An EC P-256 key pair (SEC 2 secp256r1), owned by OpenSSL.
///
/// Not shared between threads: it is created, used for signing, written and freed in one place.
struct KeyPair: ~Copyable {
    let pointer: OpaquePointer

    /// A fresh key.
    init() throws(ServiceError) {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { throw OpenSSLFailure.error("make a key") }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_group_name(context, "P-256") == 1,
            EVP_PKEY_generate(context, &key) == 1, let key
        else { throw OpenSSLFailure.error("make a P-256 key") }
        pointer = key
    }

    /// The key of a PEM file without a pass phrase; throws `badData` for anything else.
    init(file: String) throws(ServiceError) {
        guard let bio = BIO_new_file(file, "r") else { throw OpenSSLFailure.unreadable(file, "a private key") }
        defer { BIO_free(bio) }
        // Without a callback OpenSSL would ask for a pass phrase on the terminal.
        let none: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
            _, _, _, _ in 0
        }
        guard let key = PEM_read_bio_PrivateKey(bio, nil, none, nil) else {
            throw OpenSSLFailure.unreadable(file, "a private key")
        }
        pointer = key
    }

    deinit { EVP_PKEY_free(pointer) }

    /// PKCS #8 in PEM, not encrypted: the file's mode protects it.
    func pem() throws(ServiceError) -> [UInt8] {
        try OpenSSLFailure.memory("write a key") { PEM_write_bio_PKCS8PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
    }
}

/// OpenSSL's errors and memory buffers.
enum OpenSSLFailure {
    /// The newest entry of this thread's error queue as a service error; empties the queue.
    static func error(_ what: String) -> ServiceError {
        let number = ERR_peek_last_error()
        ERR_clear_error()
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(number, &text, text.count)
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return ServiceError(.internalError, "OpenSSL could not \(what): \(reason)")
    }

    /// The error for a file without the expected content; empties the queue.
    static func unreadable(_ file: String, _ what: String) -> ServiceError {
        ERR_clear_error()
        return ServiceError(.badData, "\(file) does not hold \(what) in PEM; restore it from where it is kept")
    }

    /// The bytes that `write` puts into a memory BIO.
    static func memory(_ what: String, _ write: (OpaquePointer) -> Int32) throws(ServiceError) -> [UInt8] {
        guard let bio = BIO_new(BIO_s_mem()) else { throw error(what) }
        defer { BIO_free(bio) }
        guard write(bio) == 1 else { throw error(what) }
        var bytes = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(bio)))
        guard BIO_read(bio, &bytes, Int32(bytes.count)) == Int32(bytes.count) else { throw error(what) }
        return bytes
    }
}
