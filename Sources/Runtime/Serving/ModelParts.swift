import Foundation
public import VLM

/// A model folder with all its parts: the frozen model, the negatives of object heads and the face parts. Whoever opens a
/// folder opens it here, so that what serves a model can also evaluate it.
public struct ModelParts: Sendable {
    /// The frozen model.
    public let model: any FrozenVLM
    /// What its heads are trained against; empty for a model that came without.
    public let negatives: NegativeFeatures
    /// Nil where the folder has no face files: then persons are refused.
    public let faces: FaceAnalyzer?

    /// Files of the face parts inside a model folder.
    package static let faceFiles = [
        "shape_predictor_5_face_landmarks.dat", "dlib_face_recognition_resnet_model_v1.dat",
    ]

    /// Whether a folder holds a model.
    public static func lie(in directory: String) -> Bool {
        FileManager.default.fileExists(atPath: directory + "/config.json")
    }

    /// Reads and verifies a folder. Throws `VLMError` for a model that cannot be used and `RuntimeError` for parts that
    /// cannot.
    public init(directory: String, options: LoadOptions = LoadOptions()) throws {
        model = try VLMLoader.load(directory: directory, options: options)
        negatives = try NegativeFeatures(model.negatives)
        let present = Self.faceFiles.filter { FileManager.default.fileExists(atPath: directory + "/" + $0) }
        faces = present.isEmpty ? nil : try FaceAnalyzer(modelDirectory: directory)
    }
}
