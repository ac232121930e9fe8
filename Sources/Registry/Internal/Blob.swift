internal import Foundation

/// Between the bytes of the API and the `Data` SQLite's wrapper binds.
enum Blob {
    static func data(_ bytes: [UInt8]) -> Data { Data(bytes) }
    static func bytes(_ data: Data) -> [UInt8] { Array(data) }
}
