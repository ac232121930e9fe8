internal import Foundation
internal import Foundations
internal import GRDB

/// Users, tokens, concepts, versions and their history in one SQLite database.
///
/// Every mutation is one `BEGIN IMMEDIATE` transaction with its audit row, durable when the call returns (WAL with
/// `synchronous=FULL`). Safe from any thread; one writer, several readers. Every call throws `RegistryError`, or
/// `CancellationError` when its task was cancelled before the commit.
public final class RegistryStore: Sendable {
    /// What it was opened with.
    public let configuration: RegistryConfiguration
    let pool: DatabasePool
    /// A connection of its own for what every request asks first; see `lookup`.
    let lookups: DatabaseQueue
    let ballast: Ballast
    let tokenCache = Locked(TokenCache())
    let setCache = Locked(ConceptSetCache())
    let revisionSignal = RevisionSignal()
    let userKeys = Locked(UserKeyCache())
    let masterKeys: Locked<MasterKeyring>
    let journal: ErasureJournal
    /// Steady time of the last rewrite; the first one need not wait.
    let lastRewrite = Locked<Int64>(-600_000)
    let sureClock: SureClock
    /// Steady times at which the jobs of this process began to run.
    let jobStarts = Locked<[String: Int64]>([:])
    /// Folders of the backups that are being made.
    let backupDrafts = Locked<Set<String>>([])
    let failedLogins = Locked(FailedLogins())
    /// Steady times at which rotated tokens end.
    let overlapEnds = Locked<[Int64: Int64]>([:])
    let inspector = Locked<ArtifactInspector?>(nil)
    let credentialWatchers = Locked<[@Sendable () -> Void]>([])
    let throttle: Locked<LoginThrottle>
    let passwords = PasswordWorker()
    /// A hash of a password nobody has: checking an unknown user takes as long as checking a known one.
    let decoy: PasswordHash
    private let lock: Locked<DirectoryLock?>
    private let mark: RunMark

    /// Opens the registry or creates an empty one, migrates it and runs `quick_check`.
    ///
    /// `schemaTooNew` for a newer release's database, `dataLoss` for a damaged or foreign file or a log that vanished,
    /// `failedPrecondition` when another process holds it or the directory cannot be used; without `makesMissing`
    /// `notFound` where there is none.
    public init(_ configuration: RegistryConfiguration) throws {
        let path = configuration.directory + "/registry.sqlite"
        // Before the folder and the lock: nothing is made where something is missing.
        if !configuration.makesMissing { try DatabaseFile.require(path) }
        let lock = try DirectoryLock(path: configuration.directory)
        mark = RunMark(directory: configuration.directory)
        if FileManager.default.fileExists(atPath: path) { try mark.requireLog() }
        let keyring = try Self.keyring(configuration, Schema.keyState(path))
        masterKeys = Locked(keyring)
        journal = ErasureJournal(path: configuration.directory + "/erasures.journal")
        try DirectoryLock.makePrivate(file: path)
        ballast = Ballast(path: configuration.directory + "/ballast", size: configuration.ballastBytes)
        sureClock = SureClock(wall: configuration.clock, steady: configuration.steadyClock)
        (pool, lookups) = try ballast.makingRoom { try Self.open(path, configuration, keyring) }
        let random = configuration.random
        decoy = try PasswordHash.make(try random(32), cost: configuration.passwordCost, random: random)
        throttle = Locked(LoginThrottle(configuration.throttle))
        self.configuration = configuration
        self.lock = Locked(lock)
        do {
            try reapplyErasures()
            try pool.write { db in try self.dropImports(db) }
        } catch {
            throw RegistryError.mapped(error)
        }
        // `maintain` reports that there is no room for it; an almost full disk must not keep the server from starting.
        _ = ballast.restore()
        mark.set()
    }

    /// One that was not closed: SQLite merges the log when the last connection ends.
    deinit {
        try? lookups.close()
        try? pool.close()
        mark.clearIfMerged()
    }

    /// Writes pending last uses, closes the connections and unlocks the directory. Later calls throw.
    public func close() throws {
        do {
            let failed = failedLogins.withLock { $0.takeAll() }
            try pool.write { db in
                try self.flushLastUse(db)
                try self.recordFailedLogins(db, failed)
            }
            try lookups.close()
            try moveLogIntoDatabase()
            // Nothing is written any more, and what was is in the database.
            mark.clearIfEmpty()
            try pool.close()
            mark.clearIfMerged()
        } catch {
            throw RegistryError.mapped(error)
        }
        revisionSignal.close()
        lock.withLock { $0 = nil }
    }

    private static func open(
        _ path: String, _ configuration: RegistryConfiguration, _ keyring: MasterKeyring
    ) throws -> (DatabasePool, DatabaseQueue) {
        do {
            let pool = try DatabasePool(path: path, configuration: Connection.configuration(configuration))
            try pool.writeWithoutTransaction { db in try prepare(db, configuration, keyring) }
            return (pool, try DatabaseQueue(path: path, configuration: Connection.lookups(configuration)))
        } catch {
            throw RegistryError.mapped(error)
        }
    }

    /// Migrates the database and checks it before anybody uses it.
    private static func prepare(
        _ db: Database, _ configuration: RegistryConfiguration, _ keyring: MasterKeyring
    ) throws {
        try Connection.finishWriter(db, logPages: configuration.logPages, waitsForDisk: configuration.waitsForDisk)
        // Takes effect between transactions only.
        try db.execute(sql: "PRAGMA foreign_keys = OFF")
        try db.inTransaction(.immediate) {
            try Schema.check(db)
            try Schema.migrate(
                db,
                MigrationContext(master: keyring.current, now: configuration.clock(), random: configuration.random))
            return .commit
        }
        try db.execute(sql: "PRAGMA foreign_keys = ON")
        let inUse = try masterKeysInUse(db)
        for id in inUse { _ = try keyring.key(id) }
        if case .file(let file) = configuration.masterKeySource { try finishRotation(file, inUse: inUse) }
        // What was deleted or overwritten must not lie in the log while the server runs.
        _ = try checkpoint(db)
        let report = try String.fetchAll(db, sql: "PRAGMA quick_check(5)")
        guard report == ["ok"] else {
            throw RegistryError(
                .dataLoss, "quick_check found damage; restore a backup: \(report.joined(separator: "; "))")
        }
    }

    private static func keyring(
        _ configuration: RegistryConfiguration, _ state: Schema.KeyState
    ) throws -> MasterKeyring {
        switch (configuration.masterKeySource, state) {
        case (.keys(let keys), _): try MasterKeyring(keys)
        case (.file, .foreign): try MasterKeyring([MasterKey.make(random: configuration.random)])
        case (.file(let path), _):
            try MasterKeyFile.keyring(path, isNew: state == .none, random: configuration.random)
        }
    }

    /// Which connection closes last is not under our control, and a read-only one would leave the log behind. A full
    /// disk or a foreign reader may keep it too: nothing is lost then, the next opening reads it.
    package func moveLogIntoDatabase() throws {
        do {
            try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_FULL].contains(error.resultCode) {}
    }
}
