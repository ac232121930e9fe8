import Client
import Foundation
import Foundations
import Logging
import RPC
import Registry
import Rules
import Runtime
import Service
import Synchronization
import VLM
import VLMTestSupport
import WaitingTestSupport

/// Counts the places where an enrollment waits for something else, and interferes at one of them.
final class Interference: Sendable {
    private struct State {
        var count = 0
        var at = Int.max
        var action: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())

    /// Counts from 1 again and does `action` at the n-th place.
    func arm(_ n: Int, _ action: @escaping @Sendable () -> Void) {
        state.withLock { $0 = State(at: n, action: action) }
    }

    /// One such place.
    func pass() {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            state.count += 1
            return state.count == state.at ? state.action : nil
        }
        action?()
    }

    /// Whether the place was reached.
    var happened: Bool { state.withLock { $0.count >= $0.at } }

    func disarm() { state.withLock { $0 = State() } }
}

/// An enrollment with all it works on, but without a network, a model or a clock that goes by itself. Every access to the
/// database, every look at a clock, every step of the training and every event that is sent is a place to interfere at.
final class EnrollmentBench: Sendable {
    let registry: RegistryStore
    let stage: UploadStage
    let gate: EnrollmentGate
    let jobs: JobRunner
    let enrollment: Enrollment
    let caller: Principal
    let interference = Interference()
    let folder: String

    /// In a folder that another bench may have left.
    init(_ folder: String) async throws {
        self.folder = folder
        let interference = interference
        let now = Locked<Int64>(1_700_000_000_000)
        let clock = { @Sendable () -> Int64 in
            interference.pass()
            return now.value
        }
        var configuration = RegistryConfiguration(directory: folder + "/registry")
        configuration.passwordCost = .weakForTests
        configuration.ballastBytes = 0
        configuration.waitsForDisk = false
        configuration.clock = clock
        configuration.willAccess = { interference.pass() }
        registry = try RegistryStore(configuration)
        if try await registry.users(by: .console).isEmpty {
            _ = try await registry.createUser(name: "ann", password: "a long password", role: .user, by: .console)
        }
        let token = try await registry.login(name: "ann", password: "a long password", label: "", address: "::1").token
        caller = try await registry.authenticate(token)
        stage = try UploadStage(
            directory: folder + "/uploads", limits: UploadLimits(ServiceConfiguration()), clock: clock)
        gate = EnrollmentGate(running: 1, waiting: 4)
        let photos = JobPhotos(directory: folder + "/jobs", registry: registry)
        jobs = JobRunner(
            registry: registry, photos: photos, gate: gate,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            training: { _, _, progress in
                for stage in [EnrollmentStage.checkingPhotos, .trainingHead, .trainingEmbedding] {
                    interference.pass()
                    try Task.checkCancellation()
                    progress(.stage(stage))
                    await letOthersRun()
                }
                interference.pass()
                try Task.checkCancellation()
                return try await Self.made()
            })
        enrollment = Enrollment(
            registry: registry, stage: stage, jobs: jobs, door: EnrollmentDoor(registry: registry))
    }

    /// What a training makes, made once.
    private static let enrolled = Task {
        let model = try TinyVLM.make()
        let vision = try PersonalizedVLM(
            model: model,
            negatives: NegativeFeatures(features: model.negatives.features, mean: model.negatives.mean), faces: nil,
            concepts: InMemoryConceptSource(), decodeImage: { try RGBImage(decoding: $0, limits: .standard) })
        let photo = try Harness.photo(1)
        return try await vision.enroller.enroll(
            EnrollmentRequest(
                kind: .object, identifier: "zibo", classNoun: "mug",
                photos: [EnrollmentPhoto(name: photo.name, bytes: photo.bytes)])
        ) { _ in }
    }

    static func made() async throws -> EnrolledConcept { try await enrolled.value }

    /// An upload of one photo.
    func upload() async throws -> String {
        let id = try await stage.begin(owner: caller.userID)
        try await stage.beginPhoto(id, name: "mug.png")
        try await stage.append(id, try Harness.photo(1).bytes)
        try await stage.endPhoto(id)
        return try await stage.seal(id).uploadId
    }

    /// Runs one enrollment of a fresh upload; `meanwhile` is done at the n-th place, with its task.
    func enroll(
        detach: Bool = false, at n: Int, _ meanwhile: @escaping @Sendable (Task<Void, any Error>) -> Void
    ) async throws {
        let request = EnrollRequest(
            uploadId: try await upload(), name: "zibo", kind: .object, classNoun: "mug", detach: detach)
        let (enrollment, caller, interference) = (enrollment, caller, interference)
        let (start, starter) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            for await _ in start { break }
            try await enrollment.run(request, by: caller) { _ in
                interference.pass()
                try Task.checkCancellation()
            }
        }
        interference.arm(n) { meanwhile(task) }
        starter.yield()
        _ = await task.result
        // The training of a cancelled job ends at its next step.
        try await eventually("the gate is empty") { gate.counts.running + gate.counts.waiting == 0 }
    }

    /// The state of the one job there may be, and how many versions there are.
    func outcome() async throws -> (state: JobState?, versions: Int) {
        let jobs = try await registry.jobs(of: caller.userID)
        guard jobs.count <= 1 else { throw CocoaError(.coderInvalidValue) }
        let concepts = try await registry.concepts(of: caller.userID).concepts
        return (jobs.first?.state, concepts.reduce(0) { $0 + $1.versionCount })
    }

    /// Photos that lie in a folder.
    func files(_ name: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)")) ?? []
    }
}
