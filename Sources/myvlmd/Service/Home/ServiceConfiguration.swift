import Foundation
import Registry
import Rules

/// The settings of a server, kept as `config.json` in its home. Every key may be left out.
public struct ServiceConfiguration: Sendable, Encodable, Equatable {
    /// Where to listen, `HOST:PORT`; port 0 lets the system choose.
    public var listen = "127.0.0.1:7443"
    /// Folder of the model; nil takes `$MYVLM_HOME/models/pocket`.
    public var model: String?
    /// Several models, the first of which is taken where a call names none; nil serves the one of `model`.
    public var models: [ModelSetting]?
    /// Bytes that the weights of all models may take together; nil: three quarters of the machine's memory.
    public var modelBytes: Int?
    /// Life of a token whose login asks for none, seconds.
    public var tokenLifetimeSeconds: Int64 = 30 * 86_400
    /// Longest life of a token, seconds.
    public var maximumTokenLifetimeSeconds: Int64 = 365 * 86_400
    /// Photos of one upload.
    public var maximumPhotos = 20
    /// Bytes of one photo.
    public var maximumPhotoBytes = Bounds.photoBytes.upperBound
    /// Bytes of photos one user may have waiting.
    public var uploadBytesPerUser = 256 << 20
    /// Bytes of photos that may wait altogether.
    public var uploadBytes = 1 << 30
    /// Life of an upload nobody enrolled, seconds.
    public var uploadLifetimeSeconds: Int64 = 1_800
    /// Enrollments that train at the same time; they share each training step.
    public var concurrentEnrollments = 2
    /// Enrollments that may wait for their turn.
    public var waitingEnrollments = 16
    /// Answers that decode together.
    public var concurrentAnswers = 8
    /// Answers that may wait for their turn.
    public var waitingAnswers = 64
    /// Bytes of parsed concepts kept in memory.
    public var residentBytes = 64 << 20
    /// Concepts one user may have.
    public var conceptsPerUser = Quotas().conceptsPerUser
    /// Bytes of artifacts one user may have.
    public var bytesPerUser = Quotas().bytesPerUser
    /// Calls one user may make in a minute.
    public var requestsPerMinute = Quotas().requestsPerMinute
    /// Streams one user may have open at once.
    public var streamsPerUser = Quotas().streamsPerUser
    /// Minutes one user may train in a day.
    public var enrollmentMinutesPerDay = Quotas().enrollmentMinutesPerDay
    /// PEM file of the authority whose client certificates are accepted; nil asks for none.
    public var clientAuthority: String?
    /// Seconds that calls in flight get to finish when the server stops.
    public var drainSeconds = 20

    /// The defaults.
    public init() {}

    /// Reads a home's settings. Throws `missingFile` where the home was never set up and `configuration` for a file
    /// that does not parse, names settings that do not exist or one twice, or has values that are not allowed.
    public static func load(_ home: ServerHome) throws(ServiceError) -> ServiceConfiguration {
        let file = VitalFile(path: home.configuration, remedy: "correct it or restore it from a backup")
        guard access(home.configuration, F_OK) == 0 else {
            throw ServiceError(
                .missingFile,
                "\(home.configuration) is missing: \(home.path) is not a server home yet; run `myvlmd init --home \(home.path)`"
            )
        }
        let data: Data
        do {
            data = try file.read()
        } catch {
            throw ServiceError(.configuration, error.message, cause: error)
        }
        return try ServiceConfiguration(data, file: home.configuration)
    }

    /// The settings as `init` writes them.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try [UInt8](encoder.encode(self)) + [0x0A]
    }

    /// What the weights of all models may take together.
    var modelBudget: Int {
        modelBytes ?? Int(clamping: ProcessInfo.processInfo.physicalMemory / 4 * 3)
    }

    /// The limits of users that have none of their own.
    var quotas: Quotas {
        var quotas = Quotas()
        quotas.conceptsPerUser = conceptsPerUser
        quotas.bytesPerUser = bytesPerUser
        quotas.requestsPerMinute = requestsPerMinute
        quotas.streamsPerUser = streamsPerUser
        quotas.enrollmentMinutesPerDay = enrollmentMinutesPerDay
        return quotas
    }
}
