internal import COpenSSL
import Foundation
internal import Foundations

/// A password as it is stored: salt, scrypt's result and the cost it was made with.
struct PasswordHash: Sendable {
    let salt: [UInt8]  // 16
    let key: [UInt8]  // 32
    let cost: PasswordCost

    /// Hashes `password` with a new salt.
    static func make(_ password: [UInt8], cost: PasswordCost, random: (Int) throws -> [UInt8]) throws -> PasswordHash {
        let salt = try random(16)
        return PasswordHash(salt: salt, key: try derive(password, salt: salt, cost: cost), cost: cost)
    }

    /// Whether `password` is the one, compared in constant time.
    func matches(_ password: [UInt8]) throws -> Bool {
        let candidate = try Self.derive(password, salt: salt, cost: cost)
        guard candidate.count == key.count else { return false }
        return CRYPTO_memcmp(candidate, key, key.count) == 0
    }

    private static func derive(_ password: [UInt8], salt: [UInt8], cost: PasswordCost) throws -> [UInt8] {
        var key = [UInt8](repeating: 0, count: 32)
        let memory = 128 * cost.n * cost.r + (1 << 20)
        let done = password.withUnsafeBytes { raw in
            EVP_PBE_scrypt(
                raw.bindMemory(to: CChar.self).baseAddress, password.count, salt, salt.count, cost.n, cost.r, cost.p,
                memory, &key, key.count)
        }
        guard done == 1 else {
            ERR_clear_error()
            throw RegistryError(.internalError, "scrypt refused its parameters or had no memory; try again")
        }
        return key
    }
}

/// Runs scrypt beside the cooperative threads, one at a time and with a short queue: 32 MiB and 100 ms each must not
/// become a way to exhaust the server.
final class PasswordWorker: Sendable {
    private let queue = DispatchQueue(label: "registry.passwords")
    private let waiting = Locked(0)
    private let capacity: Int

    init(capacity: Int = 32) { self.capacity = capacity }

    func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        let admitted = waiting.withLock { count in
            guard count < capacity else { return false }
            count += 1
            return true
        }
        guard admitted else {
            throw RegistryError(.resourceExhausted, "too many logins at once; try again shortly", retryAfterMs: 2_000)
        }
        defer { waiting.withLock { $0 -= 1 } }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }
}
