import Foundation
import Foundations

/// The key that wraps the users' data keys. It is kept outside the database: without it nothing there can be read.
public struct MasterKey: Sendable, Equatable {
    let bytes: [UInt8]  // 32

    /// Identifies the key without revealing it: the first 8 bytes of its SHA-256, in hex.
    public var id: String { String(SHA256Digest.hex(bytes).prefix(16)) }

    /// A key of 32 bytes; throws `invalidArgument` for any other number.
    public init(bytes: [UInt8]) throws {
        guard bytes.count == 32 else { throw Self.form }
        self.bytes = bytes
    }

    /// Reads 64 hex digits, as `text` writes them.
    public init(text: String) throws {
        let digits = text.utf8.map { byte -> UInt8? in
            switch byte {
            case 48...57: byte - 48
            case 97...102: byte - 87
            case 65...70: byte - 55
            default: nil
            }
        }
        guard digits.count == 64, !digits.contains(nil) else { throw Self.form }
        let values = digits.compactMap { $0 }
        bytes = stride(from: 0, to: 64, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }

    /// A new key.
    public static func make(random: (Int) throws -> [UInt8] = Randomness.bytes) throws -> MasterKey {
        try MasterKey(bytes: random(32))
    }

    /// 64 hex digits: a secret.
    public var text: String { Hex.encode(bytes) }

    private static var form: RegistryError {
        RegistryError(.invalidArgument, "a master key is 32 bytes, written as 64 hex digits")
    }
}

/// Where the master key comes from.
public enum MasterKeySource: Sendable, Equatable {
    /// A file of mode 0600; made where the registry is new and the file missing. While the key is rotated, its
    /// successor stands beside it under the same name with `.next`.
    case file(String)
    /// Keys given by the caller, for example from the environment. The first wraps; the others only unwrap.
    case keys([MasterKey])
}

/// The master keys that are available.
struct MasterKeyring: Sendable {
    let current: MasterKey
    private let all: [String: MasterKey]

    init(_ keys: [MasterKey]) throws {
        guard let first = keys.first else { throw RegistryError(.failedPrecondition, "no master key was given") }
        current = first
        all = Dictionary(keys.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func key(_ id: String) throws -> MasterKey {
        guard let key = all[id] else {
            throw RegistryError(
                .failedPrecondition,
                "the data keys are wrapped by the master key \(id), but \(current.id) was given; restore that key's "
                    + "file, or set it in the environment")
        }
        return key
    }
}

/// Master keys in files of mode 0600.
public enum MasterKeyFile {
    /// Where the successor of a key stands while it is rotated.
    public static func next(_ path: String) -> String { path + ".next" }

    /// Reads a key. Throws `failedPrecondition` for a file that is missing, others may read, or holds no key.
    public static func read(_ path: String) throws -> MasterKey {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw RegistryError(
                .failedPrecondition,
                "the master key is missing: without it the concepts cannot be read; restore it from where it is kept",
                place: path)
        }
        guard status.st_mode & 0o077 == 0 else {
            throw RegistryError(
                .failedPrecondition, "the master key can be read by others; run `chmod 600` on it and rotate the key",
                place: path)
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RegistryError(.failedPrecondition, "cannot read the master key; check its owner", place: path)
        }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        do { return try MasterKey(text: text) } catch {
            throw RegistryError(
                .failedPrecondition,
                "the file does not hold a master key (64 hex digits); restore it from where it is kept",
                place: path, cause: error)
        }
    }

    /// Writes a key into a new file of mode 0600, synced to the disk.
    public static func create(_ path: String, _ key: MasterKey) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DirectoryLock.error("cannot make the master key", errno, path) }
        defer { close(descriptor) }
        let text = Array((key.text + "\n").utf8)
        guard write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0 else {
            let code = errno
            unlink(path)
            throw DirectoryLock.error("cannot write the master key", code, path)
        }
    }

    /// The keys of a file and, while it is rotated, of its successor. A missing file is made where `isNew`.
    static func keyring(
        _ path: String, isNew: Bool, random: (Int) throws -> [UInt8]
    ) throws -> MasterKeyring {
        if isNew, !FileManager.default.fileExists(atPath: path) { try create(path, try MasterKey.make(random: random)) }
        var keys = [try read(path)]
        if FileManager.default.fileExists(atPath: next(path)) { keys.append(try read(next(path))) }
        return try MasterKeyring(keys)
    }
}
