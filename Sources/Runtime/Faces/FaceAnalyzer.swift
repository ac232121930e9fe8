import CFaces
import Compute
import Synchronization
public import VLM

/// Finds and describes faces with dlib (HOG detector, 5-point alignment, 128-d residual descriptor).
///
/// Safe from any thread: one picture is searched at a time, others wait for the lock.
public final class FaceAnalyzer: Sendable {
    /// Pictures of more pixels are searched scaled down to this; it bounds the memory of a search to about 100 MiB.
    static let pixelBudget: Int64 = 1_000_000
    /// Faces described in one picture, surest first.
    public static let maximumFaces = 32

    private let analyzer: Mutex<Handle>

    /// Loads the two model files, `shape_predictor_5_face_landmarks.dat` and
    /// `dlib_face_recognition_resnet_model_v1.dat`. Throws `unavailable` when one cannot be read.
    public init(landmarks: String, descriptor: String) throws {
        // dlib multiplies by OpenBLAS: with other threads a face's description would differ in its last bits.
        BLASThreads.keepToTheCaller()
        analyzer = Mutex(try Handle(landmarks: landmarks, descriptor: descriptor))
    }

    /// Loads the face models of a model directory; throws `unavailable` when they are not there.
    public convenience init(modelDirectory: String) throws {
        try self.init(
            landmarks: modelDirectory + "/shape_predictor_5_face_landmarks.dat",
            descriptor: modelDirectory + "/dlib_face_recognition_resnet_model_v1.dat")
    }

    /// The faces of a picture, surest first; none is an empty array. Blocks for the time of the search: call it off
    /// the cooperative pool. Throws `unavailable` when the library fails, for want of memory for example.
    public func faces(in image: RGBImage) throws -> [Face] {
        try analyzer.withLock { try $0.faces(in: image) }
    }
}

/// The only owner of one C analyzer; whoever holds it has it alone.
private struct Handle: ~Copyable {
    private let analyzer: OpaquePointer

    init(landmarks: String, descriptor: String) throws {
        var loaded: OpaquePointer?
        var message = [CChar](repeating: 0, count: 512)
        let status = cfaces_load(landmarks, descriptor, &loaded, &message, message.count)
        guard status == CFACES_OK, let loaded else {
            throw RuntimeError(
                .unavailable,
                "the face models cannot be loaded (\(Self.text(message))): run Scripts/setup to fetch them")
        }
        analyzer = loaded
    }

    deinit {
        cfaces_free(analyzer)
    }

    borrowing func faces(in image: RGBImage) throws -> [Face] {
        var found = [cfaces_face](repeating: cfaces_face(), count: FaceAnalyzer.maximumFaces)
        var count: Int32 = 0
        var message = [CChar](repeating: 0, count: 512)
        let status = cfaces_find(
            analyzer, image.pixels, Int32(image.width), Int32(image.height), FaceAnalyzer.pixelBudget, &found,
            Int32(found.count), &count, &message, message.count)
        guard status == CFACES_OK else {
            throw RuntimeError(.unavailable, "the face search failed: \(Self.text(message))")
        }
        return found.prefix(Int(count)).map { face in
            Face(
                box: PictureBox(x: face.x, y: face.y, width: face.width, height: face.height),
                descriptor: withUnsafeBytes(of: face.descriptor) { Array($0.bindMemory(to: Float.self)) })
        }
    }

    private static func text(_ message: [CChar]) -> String {
        String(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
