internal import Foundation

/// Converts between the bytes of the API and the `Data` that GRDB binds.
enum Blob {
    static func data(_ bytes: [UInt8]) -> Data { Data(bytes) }
    static func bytes(_ data: Data) -> [UInt8] { Array(data) }
}
