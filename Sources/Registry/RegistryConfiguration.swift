import COpenSSL
import Foundation

/// How much one user may keep. A breach is `resourceExhausted` and names limit and value.
public struct Quotas: Sendable, Equatable {
    /// Concepts that are not deleted.
    public var conceptsPerUser = 100
    /// Versions of one concept.
    public var versionsPerConcept = 100
    /// Bytes of artifacts, identical ones counted once. Deleted concepts are removed when room is needed.
    public var bytesPerUser = 256 << 20
    /// Bytes of one artifact.
    public var bytesPerArtifact = 16 << 20
    /// Bytes of one photo that is kept.
    public var bytesPerPhoto = 24 << 20
    /// Calls of one user in a minute.
    public var requestsPerMinute = 1_200
    /// Streams of one user open at once.
    public var streamsPerUser = 32
    /// Minutes one user may train in a day.
    public var enrollmentMinutesPerDay = 600

    /// Shares one user may have given, whether or not anybody accepted them.
    public var sharesPerUser = 256
    /// Concepts of others one user's answers may use.
    public var acceptedShares = 64
    /// Offers that may wait for one user's answer; further ones are not delivered.
    public var waitingOffers = 64
    /// Of these, offers of the same owner.
    public var waitingOffersOfOneOwner = 16
    /// Users whose offers one user may have blocked.
    public var blockedSharers = 256

    /// The defaults above.
    public init() {}
}

/// How long tokens live and how many a user may hold.
public struct TokenPolicy: Sendable, Equatable {
    /// Life of a token when the caller asks for none.
    public var defaultLifetimeMs: Int64 = 30 * 86_400_000
    /// The longest life; whoever asks for more gets this.
    public var maximumLifetimeMs: Int64 = 365 * 86_400_000
    /// Live tokens of one user; a login beyond that is refused.
    public var tokensPerUser = 50

    /// The defaults above.
    public init() {}
}

/// Cost of scrypt (RFC 7914), stored with each hash so that it can be raised later.
public struct PasswordCost: Sendable, Equatable {
    /// CPU and memory cost, a power of two; memory is 128 * n * r bytes.
    public var n: UInt64
    /// Block size.
    public var r: UInt64
    /// Parallelisation.
    public var p: UInt64

    /// A cost; parameters outside RFC 7914 fail when a password is hashed.
    public init(n: UInt64, r: UInt64, p: UInt64) {
        self.n = n
        self.r = r
        self.p = p
    }

    /// N = 2^15, r = 8, p = 1: 32 MiB and about 100 ms.
    public static let standard = PasswordCost(n: 1 << 15, r: 8, p: 1)
    /// For tests alone: under a millisecond, no protection.
    public static let weakForTests = PasswordCost(n: 16, r: 1, p: 1)
}

/// How the registry is opened. Clock and randomness are injected so that tests need neither sleep nor luck.
public struct RegistryConfiguration: Sendable {
    /// Folder of the database; created with mode 0700.
    public var directory: String
    /// Where the master key is; nil takes the file `master.key` in `directory`. A key beside what it protects guards
    /// backups and copies of the database, not the whole folder.
    public var masterKey: MasterKeySource?
    /// Connections for reading.
    public var readers = 4
    /// Limits per user.
    public var quotas = Quotas()
    /// Cost of new password hashes.
    public var passwordCost = PasswordCost.standard
    /// When failed logins are slowed down.
    public var throttle = ThrottlePolicy()
    /// Life and number of tokens.
    public var tokens = TokenPolicy()
    /// Size of the file that is given up when the disk is full, so that rollback and delete still work. Larger than the
    /// largest artifact, or the log may not fit into it.
    public var ballastBytes = 32 << 20
    /// How long a deleted concept can be restored.
    public var undeleteWindowMs: Int64 = 7 * 86_400_000
    /// Up to this size of the database an erasure rewrites it at once; above it, `maintain` does at most every ten
    /// minutes, and receipts are pending until then.
    public var rewriteAtOnceBytes = 64 << 20
    /// Events a watcher can resume from, per user; up to a quarter more are kept.
    public var eventsPerUser = 10_000
    /// Milliseconds since 1970.
    public var clock: @Sendable () -> Int64 = { Int64(Date().timeIntervalSince1970 * 1000) }
    /// Milliseconds of a monotonic clock, which nobody can set: waits and ages inside the process are measured with it.
    public var steadyClock: @Sendable () -> Int64 = SteadyClock.milliseconds
    /// Whether an empty registry is created where there is none. False where one must exist already: a missing database
    /// is then an error, and is never replaced by a new one without users.
    public var makesMissing = true
    /// Returns that many unpredictable bytes.
    public var random: @Sendable (Int) throws -> [UInt8] = Randomness.bytes
    /// False: commits do not wait for the disk and may be lost when the machine fails. For filling a registry for a
    /// benchmark.
    package var waitsForDisk = true
    /// Called before each access to the database, in the task that asks for it: a test may interfere there.
    package var willAccess: @Sendable () -> Void = {}
    /// Upper bound of the database in pages of 4 KiB: this simulates a full disk on any machine. Giving up the ballast
    /// raises it by `ballastBytes`.
    package var maximumPages: Int?

    /// Pages of the log after which a commit merges it: a quarter of the ballast, SQLite's own 1000 at most.
    var logPages: Int { ballastBytes == 0 ? 1000 : max(16, min(1000, ballastBytes / 4096 / 4)) }

    var masterKeySource: MasterKeySource { masterKey ?? .file(directory + "/master.key") }

    /// A registry in `directory` with the defaults.
    public init(directory: String) {
        self.directory = directory
    }
}
