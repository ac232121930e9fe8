import Foundation
import Registry
import Testing

/// A registry of which something vanished is told by name: it was opened as a new and empty one, in which nobody is
/// known, or as it was some time ago.
@Suite(.timeLimit(.minutes(10))) struct LostFilesTests {
    /// What may happen to the database of a stopped server.
    enum Loss: CaseIterable {
        case gone, empty, headOnly, half, folder, pipe, linkToNothing, text, allGone

        func happen(to path: String) throws {
            let manager = FileManager.default
            let bytes = try Data(contentsOf: URL(filePath: path))
            try manager.removeItem(atPath: path)
            let url = URL(filePath: path)
            switch self {
            case .gone: break
            case .empty: try Data().write(to: url)
            case .headOnly: try bytes.prefix(100).write(to: url)
            case .half: try bytes.prefix(bytes.count / 2 + 100).write(to: url)
            case .folder: try manager.createDirectory(atPath: path, withIntermediateDirectories: false)
            case .pipe: try #require(mkfifo(path, 0o600) == 0)
            case .linkToNothing: try manager.createSymbolicLink(atPath: path, withDestinationPath: path + ".nowhere")
            case .text: try Data(String(repeating: "a letter ", count: 2_000).utf8).write(to: url)
            case .allGone: try manager.removeItem(at: url.deletingLastPathComponent())
            }
        }
    }

    /// A registry with a user and a concept, a backup of it, and the server stopped.
    private func stopped() async throws -> (harness: Harness, backup: String) {
        let harness = try Harness { $0.masterKey = .file($0.directory + ".key") }
        let anna = try await harness.user("anna")
        for number in 0..<20 { _ = try await harness.store.commit(enrollment("mug \(number)", "\(number)"), by: anna) }
        let backup = harness.directory + ".backup"
        _ = try await harness.store.createBackup(backup, by: .console)
        try harness.store.close()
        return (harness, backup)
    }

    private func remove(_ harness: Harness) {
        for end in [".key", ".backup"] { try? FileManager.default.removeItem(atPath: harness.directory + end) }
    }

    @Test(arguments: Loss.allCases)
    func aDatabaseThatIsNotThereIsNoNewOneAndABackupBringsItBack(loss: Loss) async throws {
        let (harness, backup) = try await stopped()
        defer { remove(harness) }
        var configuration = harness.configuration
        configuration.makesMissing = false
        try loss.happen(to: harness.databasePath)
        var refused: RegistryError?
        do { try RegistryStore(configuration).close() } catch let error as RegistryError { refused = error }
        let error = try #require(refused, "\(loss) was taken for a registry")
        #expect([.notFound, .dataLoss, .failedPrecondition].contains(error.code), "\(error)")
        #expect(!error.message.contains(harness.directory), "\(error.message)")
        _ = try RegistryStore.restoreBackup(backup, into: configuration)
        let restored = try RegistryStore(configuration)
        #expect(try await restored.users(by: .console).map(\.name) == ["anna"])
        try restored.close()
    }

    /// The log of a server that was killed holds what was committed last.
    @Test func aLogThatIsNotThereIsMissed() async throws {
        let harness = try Harness()
        _ = try await harness.user("anna")
        // What a kill leaves: the files as they are, with nothing closed.
        let copy = Harness.newDirectory()
        defer { try? FileManager.default.removeItem(atPath: copy) }
        try FileManager.default.copyItem(atPath: harness.directory, toPath: copy)
        var configuration = harness.configuration
        configuration.directory = copy
        let log = copy + "/registry.sqlite-wal"
        try FileManager.default.moveItem(atPath: log, toPath: log + ".away")
        let error = await expectError(.dataLoss, "registry.sqlite-wal is missing") { try RegistryStore(configuration) }
        #expect(error?.message.contains("put it back") == true && error?.place == log)
        // Refusing changes nothing: put back, everything is there.
        try FileManager.default.moveItem(atPath: log + ".away", toPath: log)
        let after = try RegistryStore(configuration)
        #expect(try await after.users(by: .console).map(\.name) == ["anna"])
        try after.close()
        // Closed in order, no log is needed, and none is missed.
        for end in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy + "/registry.sqlite" + end) }
        try RegistryStore(configuration).close()
    }

    @Test func aDatabaseOfAnotherHomeIsRefused() async throws {
        let (harness, _) = try await stopped()
        defer { remove(harness) }
        let (other, _) = try await stopped()
        defer { remove(other) }
        try FileManager.default.removeItem(atPath: harness.databasePath)
        try FileManager.default.copyItem(atPath: other.databasePath, toPath: harness.databasePath)
        await expectError(.failedPrecondition, "wrapped by the master key") { try RegistryStore(harness.configuration) }
    }
}
