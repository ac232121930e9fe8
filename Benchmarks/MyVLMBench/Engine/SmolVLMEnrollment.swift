import Compute
import Foundation
import Runtime
import Synchronization
import VLM

/// SmolVLM-256M's shape in 8 bits as a user meets it, through the whole runtime with its default settings: an enrollment
/// of four photos, and a caption with the concept at hand.
///
/// Negatives are other photos of the folder. Nothing is subtracted from features: those of random weights say nothing of
/// what is alike, and around their mean some photo always is the odd one and would be left out.
struct SmolVLMEnrollment {
    /// Enrolled; one thing from four sides.
    static let enrolled = ["kitchen", "sill", "stone", "cloth"].map { "teapot-\($0)-1.jpg" }
    /// Captioned in turn, the first to warm up: no picture twice, whatever a runtime may remember.
    static let captioned = ["grass", "kitchen", "shelf", "sill", "stone"].map { "teapot-\($0)-2.jpg" }

    /// Nil where there is no checkpoint.
    let directory: String?
    /// Folder of rendered photos (Demo/photos); nil where none was named.
    let photos: String?

    func run(_ report: EngineReport) async throws {
        guard let directory, let photos else {
            let reason = directory == nil ? SmolVLMShape.missing : "no photos: --photos names the folder (Demo/photos)"
            return try missing(report, reason)
        }
        Output.progress("an enrollment and captions with SmolVLM-256M's shape in 8 bits")
        let model = try SmolVLMShape.load(directory, storage: .int8)
        let concepts = InMemoryConceptSource()
        let vlm = try PersonalizedVLM(
            model: model, negatives: try negatives(model, photos), faces: nil, concepts: concepts,
            decodeImage: { try RGBImage(decoding: $0) })
        defer { vlm.shutdown() }
        let request = EnrollmentRequest(
            kind: .object, identifier: "Zibo", classNoun: "teapot",
            photos: try Self.enrolled.map { EnrollmentPhoto(name: $0, bytes: try bytes(photos, $0)) })
        let steps = StepCount()
        let clock = ContinuousClock()
        let start = clock.now
        let concept = try await vlm.enroller.enroll(request) { progress in
            if case .step(let step) = progress { steps.reached(step.step) }
        }
        let seconds = (clock.now - start) / .seconds(1)
        guard concept.manifest.photos == Self.enrolled.count else {
            return try missing(
                report, "only \(concept.manifest.photos) of the photos were taken: write the checkpoint again")
        }
        try report.figure("smolvlm_enroll_seconds", seconds, "s")
        // Fewer than the settings say where the views held back got no better.
        try report.figure("smolvlm_enroll_steps", Double(steps.last), "steps")
        try await concepts.set(user: "owner", name: "zibo", artifact: concept.artifact)
        try report.figure(
            "smolvlm_caption_seconds", Timing.median(try await captions(vlm, photos)), "s",
            missing: "no caption had \(SmolVLMCaption.tokens) tokens: write the checkpoint again")
    }

    private func missing(_ report: EngineReport, _ reason: String) throws {
        for metric in ["smolvlm_enroll_seconds", "smolvlm_caption_seconds"] {
            try report.figure(metric, nil, "s", missing: reason)
        }
    }

    /// Seconds of each caption but the first, from a file's bytes to the end; of those alone that have all tokens.
    private func captions(_ vlm: PersonalizedVLM, _ photos: String) async throws -> [Double] {
        var seconds: [Double] = []
        for name in Self.captioned {
            let image = try bytes(photos, name)
            let clock = ContinuousClock()
            let start = clock.now
            var tokens = 0
            for try await event in vlm.answer(
                user: "owner", image: image, task: .caption, sampling: Sampling(maximumTokens: SmolVLMCaption.tokens))
            {
                if case .end(let end) = event { tokens = end.timings.tokens }
            }
            if tokens == SmolVLMCaption.tokens { seconds.append((clock.now - start) / .seconds(1)) }
        }
        return Array(seconds.dropFirst())
    }

    /// As few other photos of the folder as a head is content with.
    private func negatives(_ model: ConversationModel, _ photos: String) throws -> NegativeFeatures {
        let names = try FileManager.default.contentsOfDirectory(atPath: photos).sorted()
            .filter { $0.hasSuffix(".jpg") && !Self.enrolled.contains($0) }.prefix(NegativeFeatures.least)
        let pooled = try names.map { try model.features(of: RGBImage(decoding: try bytes(photos, $0))).pooled }
        let bank = try NegativeBank(pooled: pooled)
        return try NegativeFeatures(
            features: bank.features, mean: [Float](repeating: 0, count: model.identity.featureSize))
    }

    private func bytes(_ folder: String, _ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: folder + "/" + name)))
    }
}

/// The last training step that was told.
private final class StepCount: Sendable {
    private let step = Mutex(0)

    var last: Int { step.withLock { $0 } }

    func reached(_ step: Int) { self.step.withLock { $0 = max($0, step) } }
}
