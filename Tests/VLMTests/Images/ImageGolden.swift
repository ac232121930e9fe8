import Foundation
import VLM

/// Pictures written and read by Pillow 11: what decoding and the operations must give.
struct ImageGolden: Decodable {
    struct Picture: Decodable {
        let file: String
        let width: Int
        let height: Int
        let tolerance: Int
        let pixels: Data
    }
    struct Operation: Decodable {
        let operation: String
        let arguments: [Double]
        let width: Int
        let height: Int
        let pixels: Data
    }
    let source: String
    let decoded: [Picture]
    let operations: [Operation]

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/images")

    static func load() throws -> ImageGolden {
        try JSONDecoder().decode(ImageGolden.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
    }

    static func bytes(_ file: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: file))) }
}

/// The largest difference of two pictures' levels.
func largestDifference(_ a: [UInt8], _ b: some Sequence<UInt8>) -> Int {
    zip(a, b).map { abs(Int($0) - Int($1)) }.max() ?? 0
}
