import Foundation

/// Writes safetensors bytes. The same tensors and metadata give the same bytes in whatever order they were added.
public struct SafetensorsWriter: Sendable {
    private let metadata: [String: String]
    private var tensors: [String: (type: ElementType, shape: [Int], bytes: [UInt8])] = [:]

    /// An empty file with the given `__metadata__`.
    public init(metadata: [String: String] = [:]) {
        self.metadata = metadata
    }

    /// Adds a tensor of floats, stored as F32, F16 or BF16 (round to nearest even); replaces one of the same name.
    public mutating func add(_ name: String, shape: [Int], floats: [Float], as type: ElementType = .f32) {
        precondition(shape.reduce(1, *) == floats.count, "\(floats.count) elements do not fill \(shape)")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(floats.count * type.size)
        for value in floats { ElementCoding.append(value, as: type, to: &bytes) }
        tensors[name] = (type, shape, bytes)
    }

    /// Adds a tensor of 64-bit integers.
    public mutating func add(_ name: String, shape: [Int], int64s: [Int64]) {
        precondition(shape.reduce(1, *) == int64s.count, "\(int64s.count) elements do not fill \(shape)")
        var bytes: [UInt8] = []
        for value in int64s { ElementCoding.append(value, to: &bytes) }
        tensors[name] = (.i64, shape, bytes)
    }

    /// The file: header padded to 8 bytes with spaces, then the tensors sorted by name.
    public func encoded() throws -> [UInt8] {
        var header: [String: Any] = [:]
        if !metadata.isEmpty { header["__metadata__"] = metadata }
        var data: [UInt8] = []
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            header[name] =
                [
                    "dtype": tensor.type.rawValue, "shape": tensor.shape,
                    "data_offsets": [data.count, data.count + tensor.bytes.count],
                ] as [String: Any]
            data += tensor.bytes
        }
        var json = [UInt8](
            try JSONSerialization.data(withJSONObject: header, options: [.sortedKeys, .withoutEscapingSlashes]))
        json += [UInt8](repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
        var file: [UInt8] = []
        file.reserveCapacity(8 + json.count + data.count)
        ElementCoding.append(UInt64(json.count), to: &file)
        return file + json + data
    }
}
