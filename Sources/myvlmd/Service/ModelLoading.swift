import Foundation
public import Runtime
import VLM

/// Loads a model folder with all its parts: the frozen model, the negatives of object heads and the face parts.
public struct LoadedModel: Sendable {
    private let model: any FrozenVLM
    private let negatives: NegativeFeatures
    private let faces: FaceAnalyzer?

    /// Files of the face parts inside a model folder.
    package static let landmarks = "shape_predictor_5_face_landmarks.dat"
    /// See `landmarks`.
    package static let descriptor = "dlib_face_recognition_resnet_model_v1.dat"

    /// The model folder a server takes when none is named: `$MYVLM_HOME/models/pocket`, by default in `~/.cache/myvlm`.
    public static func defaultDirectory(environment: [String: String]) -> String {
        let base = environment["MYVLM_HOME"] ?? (environment["HOME"] ?? "") + "/.cache/myvlm"
        return base + "/models/pocket"
    }

    /// Reads and verifies a model folder. Throws `missingFile` where it or a part is not there and `badData` for a part
    /// that is damaged. Without face files the model serves objects; persons are then refused.
    public init(directory: String) throws(ServiceError) {
        guard FileManager.default.fileExists(atPath: directory + "/config.json") else {
            throw ServiceError(
                .missingFile,
                "\(directory) holds no model (no config.json); run Scripts/setup, or name a model with --model")
        }
        do {
            model = try VLMLoader.load(directory: directory)
            negatives = try NegativeFeatures(contentsOf: directory + "/bank.safetensors")
            let present = [Self.landmarks, Self.descriptor].filter {
                FileManager.default.fileExists(atPath: directory + "/" + $0)
            }
            faces = present.isEmpty ? nil : try FaceAnalyzer(modelDirectory: directory)
        } catch let error as VLMError {
            throw ServiceError(.badData, "the model in \(directory) cannot be used: \(error.message)", cause: error)
        } catch let error as RuntimeError {
            throw ServiceError(.badData, "the model in \(directory) cannot be used: \(error.message)", cause: error)
        } catch {
            throw ServiceError(
                .badData, "the model in \(directory) cannot be used; run Scripts/setup again", cause: error)
        }
    }

    /// The runtime of this model over a source of concepts.
    public func vision(_ concepts: any ConceptSource, _ configuration: ServiceConfiguration) throws -> PersonalizedVLM {
        var settings = RuntimeConfiguration()
        settings.maximumRunning = configuration.concurrentAnswers
        settings.maximumQueued = configuration.waitingAnswers
        settings.residentBytes = configuration.residentBytes
        return try PersonalizedVLM(
            model: model, negatives: negatives, faces: faces, concepts: concepts,
            decodeImage: { try RGBImage(decoding: $0, limits: .standard) }, configuration: settings)
    }
}
