import Foundation
import GRDB
import Registry
import Synchronization
import Testing

/// A clock that stands still until a test moves it.
final class ManualClock: Sendable {
    private let time = Mutex<(passed: Int64, shift: Int64)>((1_000_000, 1_699_999_000_000))
    /// What the wall clock says.
    var now: Int64 { time.withLock { $0.passed + $0.shift } }
    /// What the steady clock says.
    var steady: Int64 { time.withLock { $0.passed } }
    /// Time passes.
    func advance(_ ms: Int64) { time.withLock { $0.passed += ms } }
    /// Somebody sets the wall clock, forward or back.
    func set(by ms: Int64) { time.withLock { $0.shift += ms } }
}

/// A registry in a folder of its own with a manual clock and cheap passwords. The folder goes with it.
final class Harness: Sendable {
    let clock = ManualClock()
    let directory: String
    let store: RegistryStore
    let configuration: RegistryConfiguration

    init(under parent: String? = nil, _ change: (inout RegistryConfiguration) -> Void = { _ in }) throws {
        directory = Harness.newDirectory(under: parent)
        var configuration = RegistryConfiguration(directory: directory)
        configuration.passwordCost = .weakForTests
        configuration.ballastBytes = 1 << 20
        let clock = self.clock
        configuration.clock = { clock.now }
        configuration.steadyClock = { clock.steady }
        change(&configuration)
        self.configuration = configuration
        store = try RegistryStore(configuration)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    static func newDirectory(under parent: String? = nil) -> String {
        (parent ?? FileManager.default.temporaryDirectory.path) + "/registry-\(UUID().uuidString)"
    }

    var databasePath: String { directory + "/registry.sqlite" }

    static let password = "correct horse"

    /// A new user and a principal of a fresh token.
    func user(_ name: String, role: Account.Role = .user) async throws -> Principal {
        _ = try await store.createUser(name: name, password: Self.password, role: role, by: .console)
        return try await store.authenticate(try await login(name).token)
    }

    func login(_ name: String, password: String = Harness.password) async throws -> IssuedToken {
        try await store.login(name: name, password: password, label: "test", address: "192.0.2.1")
    }

    /// A second connection that knows none of the registry's rules.
    func outside(_ body: (Database) throws -> Void) throws {
        let queue = try DatabaseQueue(path: databasePath)
        try queue.writeWithoutTransaction(body)
        try queue.close()
    }
}

let modelDigest = String(repeating: "ab", count: 32)

func enrollment(_ concept: String, _ content: String, ifVersion: Int? = nil) -> EnrollmentCommit {
    EnrollmentCommit(
        concept: concept,
        description: ArtifactDescription(
            kind: .object, classNoun: "mug", identifier: "my mug", threshold: 0.5,
            modelDigest: modelDigest, photoCount: 4, trainingRecord: #"{"steps": 100, "seed": 7}"#),
        artifact: Array("artifact \(content)".utf8), ifVersion: ifVersion)
}

/// Expects `body` to throw a `RegistryError` of `code` whose message contains `text`.
@discardableResult
func expectError<T>(
    _ code: RegistryError.Code, _ text: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> T
) async -> RegistryError? {
    do {
        _ = try await body()
        Issue.record("nothing was thrown, expected \(code)", sourceLocation: sourceLocation)
    } catch let error as RegistryError {
        #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
        if !text.isEmpty { #expect(error.message.contains(text), "\(error)", sourceLocation: sourceLocation) }
        return error
    } catch {
        Issue.record("expected \(code), got \(error)", sourceLocation: sourceLocation)
    }
    return nil
}
