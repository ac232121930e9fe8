internal import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) by OpenSSL. A sealed text is nonce (12), ciphertext, tag (16).
package enum AESGCM {
    /// Bytes that sealing adds.
    static let overhead = 28
    private static let nonceBytes = 12
    private static let tagBytes = 16

    /// Seals `plain` under a 32-byte key. `context` is authenticated too and must be the same at opening.
    package static func seal(
        _ plain: [UInt8], key: [UInt8], context: [UInt8], random: (Int) throws -> [UInt8]
    ) throws -> [UInt8] {
        let nonce = try random(nonceBytes)
        guard key.count == 32, nonce.count == nonceBytes, let cipher = EVP_CIPHER_CTX_new() else { throw failure }
        defer { EVP_CIPHER_CTX_free(cipher) }
        var sealed = [UInt8](repeating: 0, count: nonceBytes + plain.count + tagBytes)
        var count: Int32 = 0
        var last: Int32 = 0
        let done = sealed.withUnsafeMutableBufferPointer { out -> Bool in
            guard let base = out.baseAddress else { return false }
            for (index, byte) in nonce.enumerated() { base[index] = byte }
            return EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), nil, key, nonce) == 1
                && EVP_EncryptUpdate(cipher, nil, &count, context, Int32(context.count)) == 1
                && EVP_EncryptUpdate(cipher, base + nonceBytes, &count, plain, Int32(plain.count)) == 1
                && EVP_EncryptFinal_ex(cipher, base + nonceBytes + Int(count), &last) == 1
                && EVP_CIPHER_CTX_ctrl(
                    cipher, EVP_CTRL_AEAD_GET_TAG, Int32(tagBytes), base + nonceBytes + plain.count) == 1
        }
        guard done, Int(count) + Int(last) == plain.count else { throw failure }
        return sealed
    }

    /// Opens what `seal` made; nil when the key, the context or a single bit differs.
    package static func open(_ sealed: [UInt8], key: [UInt8], context: [UInt8]) throws -> [UInt8]? {
        guard key.count == 32, sealed.count >= overhead else { return nil }
        guard let cipher = EVP_CIPHER_CTX_new() else { throw failure }
        defer { EVP_CIPHER_CTX_free(cipher) }
        let size = sealed.count - overhead
        // One byte more, so that there is a buffer even for an empty text.
        var plain = [UInt8](repeating: 0, count: size + 1)
        var tag = Array(sealed.suffix(tagBytes))
        var count: Int32 = 0
        var last: Int32 = 0
        let opened = sealed.withUnsafeBufferPointer { input -> Bool in
            guard let base = input.baseAddress else { return false }
            return EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), nil, key, base) == 1
                && EVP_DecryptUpdate(cipher, nil, &count, context, Int32(context.count)) == 1
                && EVP_DecryptUpdate(cipher, &plain, &count, base + nonceBytes, Int32(size)) == 1
                && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, Int32(tagBytes), &tag) == 1
                && plain.withUnsafeMutableBufferPointer { out in
                    EVP_DecryptFinal_ex(cipher, out.baseAddress.map { $0 + Int(count) }, &last) == 1
                }
        }
        guard opened, Int(count) + Int(last) == size else {
            ERR_clear_error()
            return nil
        }
        plain.removeLast()
        return plain
    }

    private static var failure: RegistryError {
        ERR_clear_error()
        return RegistryError(.internalError, "AES-256-GCM failed; restart the server")
    }
}

/// HMAC-SHA256 (RFC 2104) by OpenSSL.
enum MAC {
    /// The 32 bytes of the code.
    static func sha256(key: [UInt8], _ message: [UInt8]) throws -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        guard HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, &length) != nil, length == 32
        else { throw RegistryError(.internalError, "HMAC failed; restart the server") }
        return code
    }
}
