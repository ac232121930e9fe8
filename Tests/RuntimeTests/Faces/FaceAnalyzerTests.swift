import Compute
import Foundation
import Runtime
import Testing
import VLM

/// Photos of two people of the face_recognition source package and the real face models: `Scripts/setup` puts both
/// under MYVLM_HOME.
private let home = ProcessInfo.processInfo.environment["MYVLM_HOME"] ?? ""
private let installed = ["photos/obama.jpg", "models/pocket/shape_predictor_5_face_landmarks.dat"].allSatisfy {
    FileManager.default.fileExists(atPath: home + "/" + $0)
}

@Suite(.timeLimit(.minutes(10)), .enabled(if: installed, "MYVLM_HOME has no photos and face models: run Scripts/setup"))
struct FaceAnalyzerTests {
    private func photo(_ name: String) throws -> RGBImage {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(home)/photos/\(name).jpg"))
        return try RGBImage(decoding: [UInt8](data))
    }

    @Test func distancesTellPeopleApart() throws {
        let analyzer = try FaceAnalyzer(modelDirectory: home + "/models/pocket")
        let obama = try analyzer.faces(in: try photo("obama"))
        let obama2 = try analyzer.faces(in: try photo("obama2"))
        let biden = try analyzer.faces(in: try photo("biden"))
        try #require(obama.count == 1 && obama2.count == 1 && biden.count == 1)
        func distance(_ a: Face, _ b: Face) -> Float {
            zip(a.descriptor, b.descriptor).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
        }
        #expect(distance(obama[0], obama2[0]) < 0.5)
        #expect(distance(obama[0], biden[0]) > 0.7)
        #expect(obama[0].box.width > 20 && obama[0].box.x >= 0)
    }

    /// The first product of the process told OpenBLAS to use one thread, and faces looked at before it were others than
    /// faces looked at behind it, in their last bits.
    @Test func aFaceIsTheSameBeforeAndAfterOtherProducts() throws {
        let analyzer = try FaceAnalyzer(modelDirectory: home + "/models/pocket")
        let before = try analyzer.faces(in: try photo("obama"))
        let square = Matrix(rows: 128, columns: 128, repeating: 1)
        #expect(Gemm.multiply(square, square)[0, 0] == 128)
        #expect(try analyzer.faces(in: try photo("obama")) == before)
    }

    @Test func aPictureWithoutFacesHasNone() throws {
        let analyzer = try FaceAnalyzer(modelDirectory: home + "/models/pocket")
        let grey = RGBImage(width: 200, height: 160, pixels: [UInt8](repeating: 120, count: 200 * 160 * 3))
        #expect(try analyzer.faces(in: grey).isEmpty)
    }
}

@Test(.timeLimit(.minutes(10))) func missingFaceModelsSayHowToGetThem() {
    #expect { try FaceAnalyzer(modelDirectory: "/nowhere") } throws: { error in
        guard let error = error as? RuntimeError else { return false }
        return error.code == .unavailable && error.message.contains("Scripts/setup")
    }
}
