import Client
import Foundation
import Foundations
import Logging
import RPC
import Registry
import Runtime
import Service
import VLM
import VLMTestSupport

/// A whole server in this process: real TLS on a free port, a fresh home, the small random model.
final class Harness: Sendable {
    static let adminPassword = "an admin's long password"
    static let userPassword = "a user's long password"

    let folder: String
    let home: ServerHome
    let server: MyVLMServer
    let address: ListenAddress
    let now: Locked<Int64>
    /// What deadlines and limits of calls go by: it stands until a test lets it pass, so that nothing depends on how fast
    /// the machine is.
    let time = ManualTime()
    let log: Locked<[String]>

    /// What a test may set.
    struct Setup: Sendable {
        var configuration = ServiceConfiguration()
        var faces: FaceAnalyzer?
        var listen = ListenAddress(host: "127.0.0.1", port: 0)
        var adjustRegistry: @Sendable (inout RegistryConfiguration) -> Void = { _ in }
        /// What counts waits and ages; nil: it moves with `now`.
        var steadyClock: (@Sendable () -> Int64)?
        /// A home that is there already: a copy of another server's, say.
        var home: String?
        /// Several models; nil: one of `model`, without a name.
        var models: [ModelEntry]?
        var model: @Sendable () throws -> any FrozenVLM = { try TinyVLM.make() }
        var decode: @Sendable ([UInt8]) throws -> RGBImage = { try RGBImage(decoding: $0, limits: .standard) }
    }

    private init(_ setup: Setup) async throws {
        folder = NSTemporaryDirectory() + "myvlm-service-\(UUID().uuidString)"
        home = ServerHome(path: folder + "/home")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if let path = setup.home {
            try FileManager.default.copyItem(atPath: path, toPath: home.path)
        } else {
            try await HomeSetup(home: home, hosts: [], administrator: "admin").create(
                password: Self.adminPassword, passwordCost: .weakForTests)
        }
        let now = Locked(Int64(Date().timeIntervalSince1970 * 1_000))
        let log = Locked<[String]>([])
        var options = MyVLMServer.Options()
        options.clock = { now.value }
        options.steadyClock = setup.steadyClock ?? { now.value }
        options.passwordCost = .weakForTests
        options.adjustRegistry = setup.adjustRegistry
        options.adjustTransport = { [time] configuration in
            configuration.time = time
            // While a test lets time pass, clients whose time is the machine's get no time to answer.
            configuration.limits.keepaliveInterval = .seconds(1_000_000)
            configuration.limits.idleTimeout = .seconds(1_000_000)
            configuration.limits.strangerTimeout = .seconds(1_000_000)
        }
        let logger = Logger(label: "test") { _ in CapturedLog(log) }
        if let models = setup.models {
            server = try MyVLMServer(
                home: home, configuration: setup.configuration, listen: setup.listen, logger: logger, options: options,
                models: models)
        } else {
            server = try MyVLMServer(
                home: home, configuration: setup.configuration, listen: setup.listen, logger: logger, options: options
            ) { try PersonalizedVLM(setup.model(), faces: setup.faces, over: $0, decode: setup.decode) }
        }
        self.now = now
        self.log = log
        do {
            address = try await server.start()
        } catch {
            await server.shutdown(grace: .zero)
            throw error
        }
    }

    /// Runs a test's body against a server and takes it down whatever happens.
    static func run(_ setup: Setup = Setup(), _ body: (Harness) async throws -> Void) async throws {
        let harness = try await Harness(setup)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(harness))
        } catch {
            result = .failure(error)
        }
        await harness.server.shutdown(grace: .seconds(2))
        try FileManager.default.removeItem(atPath: harness.folder)
        try result.get()
    }

    /// A client without a token.
    func client() throws -> MyVLMClient {
        try MyVLMClient(
            ConnectionOptions(host: address.host, port: address.port, authorityFile: home.authority),
            timeout: Self.patience)
    }

    /// How long clients of tests wait: it only bounds.
    static let patience: Duration = .seconds(3600)

    /// A client logged in as the administrator.
    func admin() async throws -> MyVLMClient {
        let client = try client()
        _ = try await client.login(user: "admin", password: Self.adminPassword)
        return client
    }

    /// A client logged in as a new user.
    func user(_ name: String) async throws -> MyVLMClient {
        let admin = try await admin()
        _ = try await admin.createUser(name: name, password: Self.userPassword)
        await admin.close()
        let client = try client()
        _ = try await client.login(user: name, password: Self.userPassword)
        return client
    }

    /// A PNG file of a thing, 96 x 72: enrollments take no photo below 64 pixels a side.
    static func photo(_ thing: UInt64, _ view: UInt64 = 0) throws -> Photo {
        let picture = TinyPicture.picture(of: thing, view: view).resized(width: 96, height: 72)
        return Photo(name: "thing\(thing)-\(view).png", bytes: try picture.encodedPNG())
    }

    /// An order for a thing from the views.
    static func order(_ name: String, thing: UInt64 = 1, views: Range<UInt64> = 0..<3) throws -> EnrollmentOrder {
        EnrollmentOrder(
            name: name, kind: .object, classNoun: "mug", photos: try views.map { try photo(thing, $0) },
            captions: [(0, "a picture of {concept}")], seed: 7)
    }
}

extension PersonalizedVLM {
    /// A runtime of a model with the model's own negatives.
    convenience init(
        _ model: any FrozenVLM, faces: FaceAnalyzer? = nil, over concepts: any ConceptSource,
        decode: @escaping @Sendable ([UInt8]) throws -> RGBImage = { try RGBImage(decoding: $0, limits: .standard) }
    ) throws {
        try self.init(
            model: model, negatives: NegativeFeatures(features: model.negatives.features, mean: model.negatives.mean),
            faces: faces, concepts: concepts, decodeImage: decode)
    }
}

extension MyVLMClient {
    /// Runs an enrollment to its end.
    func enrolled(_ order: EnrollmentOrder) async throws -> Enrolled {
        var last: Enrolled?
        for try await event in enroll(order) {
            if case .done(let enrolled) = event { last = enrolled }
        }
        guard let last else { throw MyVLMError(.internalError, "the enrollment ended without a version") }
        return last
    }

    /// The pieces and the end of a caption.
    func captioned(
        _ photo: Photo, sampling: SamplingOptions = SamplingOptions(), frozen: Bool = false, model: String = ""
    ) async throws -> (pieces: [String], answer: Answer) {
        var pieces: [String] = []
        var end: Answer?
        for try await event in caption(photo, sampling: sampling, frozen: frozen, model: model) {
            switch event {
            case .piece(let piece): pieces.append(piece.text)
            case .loading: break
            case .end(let answer): end = answer
            }
        }
        guard let end else { throw MyVLMError(.internalError, "the caption ended without its end") }
        return (pieces, end)
    }
}

/// The error a call must fail with.
func failure(_ body: () async throws -> Void) async -> MyVLMError? {
    do {
        try await body()
        return nil
    } catch let error as MyVLMError {
        return error
    } catch {
        return MyVLMError(.internalError, "no error of the client: \(error)")
    }
}
