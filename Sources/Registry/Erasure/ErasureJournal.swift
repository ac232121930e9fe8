import Foundation
import Foundations

/// The erasures that were promised, in a file beside the database: a restored backup does not contain them, this file
/// does.
///
/// One line per erasure, appended and synced before anything is destroyed. It contains random identities only.
struct ErasureJournal: Sendable {
    /// One promised erasure.
    struct Entry: Sendable, Equatable {
        let receipt: String  // 32 hex digits
        let kind: ErasureReceipt.Kind
        let subject: [UInt8]  // 16
        let requestedAtMs: Int64

        var line: String { "\(receipt) \(kind.rawValue) \(Hex.encode(subject)) \(requestedAtMs)\n" }

        init(receipt: String, kind: ErasureReceipt.Kind, subject: [UInt8], requestedAtMs: Int64) {
            self.receipt = receipt
            self.kind = kind
            self.subject = subject
            self.requestedAtMs = requestedAtMs
        }

        init?(line: Substring) {
            let parts = line.split(separator: " ")
            guard parts.count == 4, parts[0].utf8.count == 32,
                let kind = ErasureReceipt.Kind(rawValue: String(parts[1])),
                let subject = Hex.decode(String(parts[2])), subject.count == 16, let at = Int64(parts[3])
            else { return nil }
            self.init(receipt: String(parts[0]), kind: kind, subject: subject, requestedAtMs: at)
        }
    }

    let path: String

    /// Every promise, in order. Throws `dataLoss` for a damaged line, except a last one that a crash cut short: nothing
    /// was destroyed for it yet.
    func entries() throws -> [Entry] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw RegistryError(
                .failedPrecondition, "cannot read the journal of erasures; check its owner", place: path)
        }
        let text = String(decoding: data, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: true)
        var entries: [Entry] = []
        for (index, line) in lines.enumerated() {
            if let entry = Entry(line: line) {
                entries.append(entry)
            } else if index < lines.count - 1 || text.hasSuffix("\n") {
                throw RegistryError(
                    .dataLoss,
                    "line \(index + 1) of the journal of erasures is damaged; restore the file from a backup",
                    place: path)
            }
        }
        return entries
    }

    /// Adds a promise; on the disk when it returns.
    func append(_ entry: Entry) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DirectoryLock.error("cannot open the journal of erasures", errno, path) }
        defer { close(descriptor) }
        // A line that a crash cut short is removed.
        let size = lseek(descriptor, 0, SEEK_END)
        let whole = try entries().reduce(0) { $0 + $1.line.utf8.count }
        if Int(size) != whole, ftruncate(descriptor, off_t(whole)) != 0 {
            throw DirectoryLock.error("cannot repair the journal of erasures", errno, path)
        }
        guard lseek(descriptor, off_t(whole), SEEK_SET) >= 0 else {
            throw DirectoryLock.error("cannot write the journal of erasures", errno, path)
        }
        let line = Array(entry.line.utf8)
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            throw DirectoryLock.error("cannot write the journal of erasures", errno, path)
        }
    }
}

extension Hex {
    /// The bytes of hexadecimal digits; nil for anything else.
    static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { byte -> UInt8? in
            switch byte {
            case 48...57: byte - 48
            case 97...102: byte - 87
            default: nil
            }
        }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
