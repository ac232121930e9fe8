import ArgumentParser
import Evaluation
import Foundation
import Runtime
import Synchronization
import VLM

/// Definitions: Docs/performance.md.
struct Turns: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One user's captions, alone and beside others who flood or enroll.")

    @Option(help: "Model directory.") var model: String = EvaluationOptions.standardModel()
    @Option(help: "Picture to caption.") var picture: String = "Tests/VLMTests/Fixtures/pocket-small.jpg"
    @Option(help: "Captions that are measured beside each kind of neighbour.") var captions = 12
    @Option(help: "Captions each neighbour keeps open.") var open = 32
    @Option(help: "Neighbours and their number, separated by commas: flood, long, beams, huge, enroll.")
    var beside = "flood1,flood2,flood3"
    @Option(help: "Picture that huge ones send.") var huge: String?
    @Option(help: "Folder of photos that enroll ones enroll the first four of.") var photos: String?

    func run() async throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: picture)))
        let house = try NeighbourHouse(model: model, picture: bytes, huge: huge, photos: photos)
        for (width, seconds) in try house.stepTimes() {
            try Measurement(suite: "turns", metric: "step_\(width)_ms", value: seconds * 1000, unit: "ms").print()
        }
        _ = try await house.times(2)
        let idle = try await house.times(captions)
        try report("idle", idle, idle)
        for name in beside.split(separator: ",").map(String.init) {
            let before = house.done.value
            let neighbours = try house.neighbours(name, open: open)
            try await Task.sleep(for: .seconds(2))
            let times = try await house.times(captions)
            let counts = await house.vlm.statistics()
            let done = house.done.value - before
            for task in neighbours { task.cancel() }
            for task in neighbours { await task.value }
            try report(name, times, idle)
            Output.progress("\(name): \(done) captions of others, \(counts.refused) refused")
        }
        try report("idle_again", try await house.times(captions), idle)
    }

    private func report(_ name: String, _ times: [Double], _ idle: [Double]) throws {
        let sorted = times.sorted()
        try Measurement(suite: "turns", metric: "\(name)_p50_ms", value: sorted[sorted.count / 2] * 1000, unit: "ms")
            .print()
        try Measurement(suite: "turns", metric: "\(name)_worst_ms", value: (sorted.last ?? 0) * 1000, unit: "ms")
            .print()
        try Measurement(
            suite: "turns", metric: "\(name)_worst_over_idle_worst",
            value: (sorted.last ?? 0) / (idle.max() ?? 1), unit: "ratio"
        ).print()
    }
}

/// A runtime with neighbours in it.
private struct NeighbourHouse {
    let vlm: PersonalizedVLM
    let picture: [UInt8]
    let huge: String?
    let photos: String?
    let done = Count()

    /// Captions of neighbours that came to their end.
    final class Count: Sendable {
        private let count = Mutex(0)

        var value: Int { count.withLock { $0 } }

        func add(_ more: Int) { count.withLock { $0 += more } }
    }

    init(model directory: String, picture: [UInt8], huge: String?, photos: String?) throws {
        let model = try VLMLoader.load(directory: directory)
        vlm = try PersonalizedVLM(
            model: model, negatives: try NegativeFeatures(model.negatives),
            faces: try? FaceAnalyzer(modelDirectory: directory), concepts: InMemoryConceptSource(),
            decodeImage: { try RGBImage(decoding: $0) })
        self.picture = picture
        self.huge = huge
        self.photos = photos
    }

    /// Medians of a decoding step of so many sequences.
    func stepTimes() throws -> [(Int, Double)] {
        let model = vlm.model
        let prompt = try model.promptTokens(for: .caption(names: []))
        let prefix = try model.prefix(for: model.features(of: RGBImage(decoding: picture)))
        return try [1, 2, 3, 4, 6, 8].map { width in
            let states = try (0..<width).map { _ in
                try model.begin(prefix: prefix, concepts: [], prompt: prompt, capacity: 40)
            }
            let times = try (0..<15).map { _ in
                let start = ContinuousClock.now
                try model.step(states, tokens: [Int32](repeating: 100, count: width))
                return (ContinuousClock.now - start) / .seconds(1)
            }
            return (width, times.sorted()[7])
        }
    }

    func times(_ count: Int) async throws -> [Double] {
        var times: [Double] = []
        for _ in 0..<count {
            let start = ContinuousClock.now
            try await caption("bystander", picture, Sampling())
            times.append((ContinuousClock.now - start) / .seconds(1))
        }
        return times
    }

    private func caption(_ user: String, _ image: [UInt8], _ sampling: Sampling) async throws {
        for try await _ in vlm.answer(user: user, image: image, task: .caption, sampling: sampling) {}
    }

    func neighbours(_ name: String, open: Int) throws -> [Task<Void, Never>] {
        let kind = name.prefix { !$0.isNumber }
        let count = Int(name.drop { !$0.isNumber }) ?? 1
        if kind == "enroll" { return try (0..<count).map { try enrollment(UInt64($0)) } }
        var image = picture
        var sampling = Sampling()
        switch kind {
        case "beams": sampling = Sampling(maximumTokens: 256, search: try BeamSearch(beams: 8, lengthPenalty: 8))
        case "long": sampling = Sampling(temperature: 2, seed: 1, maximumTokens: 256)
        case "huge":
            guard let huge else { throw ValidationError("--huge names the picture that huge ones send") }
            image = [UInt8](try Data(contentsOf: URL(filePath: huge)))
        case "flood": break
        default: throw ValidationError("\(kind) are no neighbours: flood, long, beams, huge, enroll are")
        }
        let (sent, wish) = (image, sampling)
        return (0..<count).flatMap { user in
            (0..<open).map { _ in
                Task {
                    while !Task.isCancelled {
                        do {
                            try await caption("flood\(user)", sent, wish)
                            done.add(1)
                        } catch { try? await Task.sleep(for: .milliseconds(20)) }
                    }
                }
            }
        }
    }

    private func enrollment(_ user: UInt64) throws -> Task<Void, Never> {
        guard let folder = photos else { throw ValidationError("--photos names the folder that enroll ones enroll") }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            .filter { $0.hasSuffix(".jpg") || $0.hasSuffix(".png") }.prefix(4)
        let photos = try names.map {
            EnrollmentPhoto(name: $0, bytes: [UInt8](try Data(contentsOf: URL(filePath: folder + "/" + $0))))
        }
        return Task {
            while !Task.isCancelled {
                do {
                    _ = try await vlm.enroller.enroll(
                        EnrollmentRequest(
                            kind: .object, identifier: "Zibo", classNoun: "cup", photos: photos, seed: user)
                    ) { _ in }
                    Output.progress("enrolled")
                } catch { Output.progress("enrollment: \(error)") }
            }
        }
    }
}
