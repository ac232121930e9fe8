internal import COpenSSL

/// Bytes of the operating system's generator, through OpenSSL.
public enum Randomness {
    /// `count` unpredictable bytes; `internalError` when the generator fails.
    @Sendable public static func bytes(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, Int32(count)) == 1 else {
            throw RegistryError(.internalError, "the system's random generator failed; restart the server")
        }
        return bytes
    }
}
