import Foundation
public import Logging
package import RPC
public import Registry
public import Runtime
import Synchronization
import VLM

/// A whole server: the registry of a home, its models, and the calls of the public API over TLS.
///
/// Safe from any thread. `start` once, `shutdown` once.
public final class MyVLMServer: Sendable {
    private let home: ServerHome
    private let registry: RegistryStore
    private let models: ModelShelf
    private let stage: UploadStage
    private let live: LiveCalls
    private let jobs: JobRunner
    private let photos: JobPhotos
    private let uploadLifetimeMs: Int64
    private let certificates: CertificateWatch
    private let options: Options
    private let server: Server
    private let logger: Logger
    private let upkeep = Mutex<[Task<Void, Never>]>([])

    /// What tests and special setups change; the defaults are for a server on its own.
    public struct Options: Sendable {
        /// Milliseconds since 1970.
        public var clock: @Sendable () -> Int64 = { Int64((Date().timeIntervalSince1970 * 1_000).rounded()) }
        /// Milliseconds of a monotonic clock, for waits and ages.
        public var steadyClock: @Sendable () -> Int64 = SteadyClock.milliseconds
        /// The cost of hashing a password.
        public var passwordCost = PasswordCost.standard
        /// Changes the registry's settings last: a test's small disk, for example.
        package var adjustRegistry: @Sendable (inout RegistryConfiguration) -> Void = { _ in }
        /// Changes how calls are served last: a test's own clock, for example.
        package var adjustTransport: @Sendable (inout RPC.ServerConfiguration) -> Void = { _ in }

        /// The defaults.
        public init() {}
    }

    /// Opens a home and connects it to a model; nothing listens yet. Throws `missingFile` for a file of the home that
    /// is missing and `badData` for one that is damaged, including the registry: nothing is created in place of a
    /// missing file.
    /// - Parameter makeVision: makes the runtime over the registry's concepts.
    public convenience init(
        home: ServerHome, configuration: ServiceConfiguration, listen: ListenAddress, logger: Logger,
        options: Options = Options(), makeVision: (any ConceptSource) throws -> PersonalizedVLM
    ) throws {
        try self.init(
            home: home, configuration: configuration, listen: listen, logger: logger, options: options,
            makeModels: { ModelShelf(try makeVision(RegistryConceptSource(registry: $0)), logger: logger) })
    }

    /// The same with models that have names, the first of which is loaded at once and the others when a call asks for
    /// them. Throws `usage` for a list that cannot be served: a name twice, a model larger than `modelBytes` allows.
    public convenience init(
        home: ServerHome, configuration: ServiceConfiguration, listen: ListenAddress, logger: Logger,
        options: Options = Options(), models: [ModelEntry]
    ) throws {
        try self.init(
            home: home, configuration: configuration, listen: listen, logger: logger, options: options,
            makeModels: {
                try ModelShelf(
                    models, budget: configuration.modelBudget,
                    waiters: configuration.concurrentAnswers + configuration.waitingAnswers, registry: $0,
                    known: KnownModels(path: home.models),
                    logger: logger, clock: options.steadyClock)
            })
    }

    private init(
        home: ServerHome, configuration: ServiceConfiguration, listen: ListenAddress, logger: Logger,
        options: Options, makeModels: (RegistryStore) throws -> ModelShelf
    ) throws {
        try home.checkVitalFiles(configuration, environment: ProcessInfo.processInfo.environment)
        let registry = try Self.openRegistry(home, configuration, options)
        do {
            let models = try makeModels(registry)
            registry.inspectArtifacts(with: models.inspector)
            let stage = try registry.makingRoom {
                try UploadStage(
                    directory: home.uploads, limits: UploadLimits(configuration), clock: options.steadyClock,
                    wall: options.clock)
            }
            let gate = EnrollmentGate(
                running: configuration.concurrentEnrollments, waiting: configuration.waitingEnrollments)
            let meter = RateMeter(clock: options.steadyClock)
            let authentication = Authentication(registry: registry, meter: meter, clock: options.clock)
            let runner = CallRunner(
                logger: logger, authentication: authentication, meter: meter,
                places: [home.path, registry.configuration.directory])
            var services = Services()
            AccountsService(registry: registry, meter: meter).register(into: &services, running: runner)
            VisionService(models: models).register(into: &services, running: runner)
            StatusService(
                models: models, gate: gate, registry: registry, meter: meter, started: .now, clock: options.clock
            ).register(into: &services, running: runner)
            let photos = JobPhotos(directory: home.jobs, registry: registry)
            let jobs = JobRunner(
                registry: registry, photos: photos, gate: gate, logger: logger,
                training: { try await models.enroll($0, for: $1, progress: $2) })
            let forget = { @Sendable (erasure: Erasure) async in
                await jobs.drop(erasure.jobs)
                if erasure.receipt.kind == .user { await stage.dropAll(of: erasure.userID) }
                await models.forget(erasure.digests)
            }
            let door = EnrollmentDoor(
                registry: registry, leastBytes: { try models.leastArtifactBytes(for: $0) },
                training: { try models.check($0, for: $1) })
            let enrollment = Enrollment(
                registry: registry, stage: stage, jobs: jobs, door: door,
                nameOfModel: { try models.modelToTrainAgain($0) })
            ConceptsService(
                registry: registry, stage: stage, enrollment: enrollment, forget: forget, backups: home.backups,
                models: models, imports: DataImports(registry: registry)
            ).register(into: &services, running: runner)
            JobsService(registry: registry, jobs: jobs, enrollment: enrollment)
                .register(into: &services, running: runner)
            AdminService(registry: registry, backups: home.backups, forget: forget)
                .register(into: &services, running: runner)
            var rpc = RPC.ServerConfiguration(
                endpoint: Endpoint(host: listen.host, port: listen.port), certificateFile: home.certificate,
                keyFile: home.key)
            rpc.clientAuthorityFile = configuration.clientAuthority
            options.adjustTransport(&rpc)
            server = try Server(
                configuration: rpc, services: services,
                authenticator: { try await authentication.authenticate($0, $1, $2) },
                log: { event in EventLog.write(event, to: logger) })
            self.models = models
            self.stage = stage
            live = LiveCalls(authentication: authentication, logger: logger)
            self.jobs = jobs
            self.photos = photos
        } catch {
            try? registry.close()  // The first error tells more.
            throw error
        }
        self.home = home
        uploadLifetimeMs = configuration.uploadLifetimeSeconds * 1_000
        certificates = CertificateWatch(home, configuration)
        self.options = options
        self.registry = registry
        self.logger = logger
    }

    /// Listens, and writes the address to the home's `endpoint` file. Throws `unavailable` when the port is taken.
    public func start() async throws -> ListenAddress {
        tellCertificates()
        for name in registry.sweepBackups(in: home.backups) {
            logger.warning(
                "a folder among the backups is not a backup: it is incomplete, or belongs to something else",
                metadata: ["name": "\(name)"])
        }
        try await photos.sweep(lifetimeMs: uploadLifetimeMs, now: registry.sureNow)
        do {
            try await server.start()
        } catch {
            throw ServiceError(
                .unavailable, "cannot listen: \(error); stop what uses the port, or choose another with --listen",
                cause: error)
        }
        try await jobs.recover()
        let address = ListenAddress(host: server.endpoint.host, port: server.endpoint.port)
        try registry.makingRoom {
            try PrivateFile.replace(home.endpoint, [UInt8]("\(address)\n".utf8), mode: 0o644)
        }
        upkeep.withLock { tasks in
            tasks = [
                Task { [self] in await maintain() },
                Task { [live, server] in await live.watch(server) },
            ]
        }
        logger.info(
            "listening",
            metadata: [
                "address": "\(address)", "model": "\(models.first.name)", "model_digest": "\(models.first.digest)",
            ])
        return address
    }

    /// Takes no new call, gives calls in flight `grace` to finish, ends the rest and closes the registry.
    public func shutdown(grace: Duration) async {
        logger.info("shutting down", metadata: ["grace_ms": "\(grace.milliseconds)"])
        for task in upkeep.withLock({ $0 }) { task.cancel() }
        registry.endWatches()
        // Calls in flight get the grace period; an enrollment that needs longer continues in the next process.
        await jobs.willStop(at: .now + grace)
        let end = Task { [jobs] in
            try await Task.sleep(for: grace)
            await jobs.stop()
        }
        await server.shutdown(grace: grace + .milliseconds(500))
        end.cancel()
        await jobs.stop()
        models.shutdown()
        unlink(home.endpoint)
        do {
            try registry.close()
        } catch {
            logger.error("the registry did not close cleanly", metadata: ["error": "\(type(of: error))"])
        }
        logger.info("stopped")
    }

    private static func openRegistry(
        _ home: ServerHome, _ configuration: ServiceConfiguration, _ options: Options
    ) throws -> RegistryStore {
        var settings = RegistryConfiguration(directory: home.registry)
        settings.clock = options.clock
        settings.steadyClock = options.steadyClock
        settings.makesMissing = false
        settings.masterKey = try MasterKeys.source(home, environment: ProcessInfo.processInfo.environment)
        settings.passwordCost = options.passwordCost
        settings.quotas = configuration.quotas
        settings.tokens.defaultLifetimeMs = configuration.tokenLifetimeSeconds * 1_000
        settings.tokens.maximumLifetimeMs = configuration.maximumTokenLifetimeSeconds * 1_000
        options.adjustRegistry(&settings)
        do {
            return try RegistryStore(settings)
        } catch let error as RegistryError {
            let code: ServiceError.Code =
                switch error.code {
                case .dataLoss, .schemaTooNew: .badData
                case .notFound: .missingFile
                case .storageFull: .storageFull
                case .failedPrecondition, .resourceExhausted: .unavailable
                default: .internalError
                }
            // Whatever went wrong, the message names the database.
            let database = home.registry + "/registry.sqlite"
            let place = error.place.map { $0 == home.registry ? database : $0 } ?? database
            throw ServiceError(code, "\(place): \(error.message)", cause: error)
        }
    }

    /// Every two minutes expired uploads are removed and the registry is maintained. Every day the certificates are
    /// checked.
    private func maintain() async {
        var told = options.steadyClock()
        var hadRoom = true
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(120))
                if options.steadyClock() - told >= 86_400_000 {
                    told = options.steadyClock()
                    tellCertificates()
                }
                await stage.expire()
                try await photos.sweep(lifetimeMs: uploadLifetimeMs, now: registry.sureNow)
                registry.sweepBackups(in: home.backups)
                let hasRoom = try await registry.maintain().ballastIsWhole
                if !hasRoom, hadRoom {
                    logger.warning("the disk is almost full: there is no room for the ballast; free some space")
                }
                hadRoom = hasRoom
            } catch is CancellationError {
                return
            } catch {
                logger.error(
                    "maintenance failed; it will be tried again",
                    metadata: [
                        "error": "\(type(of: error))",
                        "problem":
                            "\((error as? RegistryError)?.operatorMessage ?? (error as? ServiceError)?.message ?? "")",
                    ])
            }
        }
    }

    private func tellCertificates() {
        for line in certificates.lines(atMs: options.clock()) { logger.log(level: line.level, "\(line.message)") }
    }
}
