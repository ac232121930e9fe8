import Foundation

/// A backup while it is being made: a folder beside its final one, renamed when the backup is complete. No backup's
/// name begins like a draft's, so that the remains of a killed backup can be recognised.
struct BackupDraft: Sendable {
    /// The prefix of drafts' names.
    static let prefix = ".making-"

    let parent: String
    let folder: String
    private let target: String

    /// A draft of the backup `target`; nothing is made yet.
    init(for target: String, id: String) throws {
        let url = URL(filePath: target)
        guard !url.lastPathComponent.hasPrefix(Self.prefix) else {
            throw RegistryError(
                .invalidArgument, "a backup's name cannot begin with \(Self.prefix); choose another one")
        }
        self.target = target
        parent = url.deletingLastPathComponent().path
        folder = parent + "/" + Self.prefix + id
    }

    func make() throws {
        guard mkdir(folder, 0o700) == 0 else {
            throw DirectoryLock.error("cannot make a folder for the backup", errno, folder)
        }
    }

    /// Gives the draft its name in one step.
    func publish() throws {
        if Self.isRemnant(target) { try? FileManager.default.removeItem(atPath: target) }
        guard rename(folder, target) == 0 else {
            guard errno != EEXIST, errno != ENOTEMPTY, errno != ENOTDIR else {
                throw RegistryError(
                    .alreadyExists, "a backup of that name exists already; choose another name", place: target)
            }
            throw DirectoryLock.error("cannot give the backup its name", errno, target)
        }
    }

    /// What cannot be removed now is removed by a later sweep.
    func discard() { try? FileManager.default.removeItem(atPath: folder) }

    /// Whether a folder has the manifest that makes it a backup.
    static func isBackup(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: folder + "/" + BackupManifest.file)
    }

    /// Whether a folder holds nothing but a copy that was cut short: no manifest, and no file of another program.
    static func isRemnant(_ folder: String) -> Bool {
        guard !isBackup(folder), let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            return false
        }
        let own = ["", "-journal", "-wal", "-shm"].map { BackupManifest.database + $0 }
        return names.allSatisfy(own.contains)
    }
}
