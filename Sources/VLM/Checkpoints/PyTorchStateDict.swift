public import Compute

/// The tensors of a PyTorch checkpoint, read without executing anything in it.
///
/// Reads both forms `torch.save` has written: the zip archive (since 1.6) and the older sequence of pickles.
/// Nested dictionaries appear with their keys joined by dots: `25.values`.
public struct PyTorchStateDict: Sendable {
    private let file: MappedFile
    private let tensors: [String: Entry]

    private struct Entry: Sendable {
        let tensor: PickleTensor
        let start: Int
    }

    /// Maps a file; throws `checkpointMalformed` for anything but a plain state dict.
    public init(contentsOf path: String) throws {
        let file = try MappedFile(path: path)
        let isZip = file.bytes.count >= 4 && file.bytes.loadUnaligned(as: UInt32.self).littleEndian == 0x0403_4b50
        let (root, storages) = isZip ? try Self.readZip(file) : try Self.readLegacy(file)
        var tensors: [String: Entry] = [:]
        for (name, tensor) in try Self.collect(root, file: path) {
            let bytes = tensor.storage.count * tensor.storage.type.size
            guard let range = storages[tensor.storage.key], range.count >= bytes else {
                throw VLMError(.checkpointMalformed, "\(path) is cut: the storage of \(name) is missing or short")
            }
            tensors[name] = Entry(
                tensor: tensor, start: range.lowerBound + tensor.offset * tensor.storage.type.size)
        }
        self.file = file
        self.tensors = tensors
    }

    /// Names of all tensors, sorted.
    public var names: [String] { tensors.keys.sorted() }

    /// Whether a tensor is there.
    public func contains(_ name: String) -> Bool { tensors[name] != nil }

    /// Shape of a tensor.
    public func shape(_ name: String) throws -> [Int] { try tensor(name).tensor.shape }

    /// The elements of a floating-point tensor as 32-bit floats, row-major.
    public func floats(_ name: String) throws -> [Float] {
        let entry = try tensor(name)
        let type = entry.tensor.storage.type
        let reach = entry.tensor.reach
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[entry.start..<entry.start + reach * type.size])
        guard let values = ElementCoding.floats(bytes, count: reach, type: type) else {
            throw VLMError(.checkpointMalformed, "tensor \(name) holds \(type.rawValue), not floating point")
        }
        return entry.tensor.gathered(values)
    }

    /// A two-dimensional tensor.
    public func matrix(_ name: String) throws -> Matrix {
        let shape = try shape(name)
        guard shape.count == 2 else {
            throw VLMError(.checkpointMalformed, "tensor \(name) has the shape \(shape), not two dimensions")
        }
        return Matrix(rows: shape[0], columns: shape[1], values: try floats(name))
    }

    private func tensor(_ name: String) throws -> Entry {
        guard let entry = tensors[name] else {
            throw VLMError(.checkpointMalformed, "\(file.path) has no tensor \(name): it is for another architecture")
        }
        return entry
    }

    private static func readZip(_ file: MappedFile) throws -> (PickleValue, [String: Range<Int>]) {
        let members = try ZipDirectory(file.bytes, file: file.path).members
        guard let pickle = members.keys.filter({ $0.hasSuffix("/data.pkl") }).min(), let range = members[pickle] else {
            throw VLMError(
                .checkpointMalformed, "\(file.path) is a zip archive, but not one of torch.save: no data.pkl")
        }
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: file.bytes[range]), file: file.path)
        let root = try PickleReader.read(from: &reader)
        let prefix = pickle.dropLast("data.pkl".count) + "data/"
        let storages = members.filter { $0.key.hasPrefix(prefix) }
            .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
        return (root, Dictionary(uniqueKeysWithValues: storages))
    }

    /// Magic number, protocol version, system facts, the object, the storage keys, then each storage as a 64-bit
    /// count and its elements.
    private static func readLegacy(_ file: MappedFile) throws -> (PickleValue, [String: Range<Int>]) {
        var reader = ByteReader(file.bytes, file: file.path)
        let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
        guard case .long(let number)? = try? PickleReader.read(from: &reader), number == magic else {
            throw VLMError(.checkpointMalformed, "\(file.path) is no PyTorch checkpoint")
        }
        guard case .integer(1001) = try PickleReader.read(from: &reader) else {
            throw VLMError(.unsupported, "\(file.path) has an unknown PyTorch protocol version")
        }
        _ = try PickleReader.read(from: &reader)
        let root = try PickleReader.read(from: &reader)
        guard case .list(let keys) = try PickleReader.read(from: &reader) else {
            throw VLMError(.checkpointMalformed, "\(file.path) lists no storages")
        }
        let found = try collect(root, file: file.path)
        let types = Dictionary(
            found.map { ($0.tensor.storage.key, $0.tensor.storage.type) }, uniquingKeysWith: { first, _ in first })
        var storages: [String: Range<Int>] = [:]
        for case .string(let key) in keys.values {
            guard let type = types[key] else {
                throw VLMError(.checkpointMalformed, "\(file.path) stores elements of an unknown type")
            }
            let count = try reader.readCount(stride: type.size)
            let start = reader.offset
            _ = try reader.readBytes(count * type.size)
            storages[key] = start..<reader.offset
        }
        return (root, storages)
    }

    /// All tensors below a value. A hostile pickle may share a dictionary many times or put it into itself, so the
    /// entries visited are bounded.
    private static func collect(_ root: PickleValue, file: String) throws -> [(name: String, tensor: PickleTensor)] {
        var found: [(name: String, tensor: PickleTensor)] = []
        var waiting: [(path: String, value: PickleValue)] = [("", root)]
        var visited = 0
        while let (path, value) = waiting.popLast() {
            visited += 1
            guard visited <= 1_000_000, path.utf8.count <= 4096 else {
                throw VLMError(.checkpointMalformed, "\(file) is no plain PyTorch state dict: it nests without end")
            }
            switch value {
            case .tensor(let tensor): found.append((path, tensor))
            case .dictionary(let dictionary):
                for (key, value) in dictionary.entries {
                    guard let name = keyText(key) else { continue }
                    waiting.append((path.isEmpty ? name : "\(path).\(name)", value))
                }
            default: break
            }
        }
        return found
    }

    private static func keyText(_ key: PickleValue) -> String? {
        switch key {
        case .string(let text): text
        case .integer(let number): String(number)
        default: nil
        }
    }
}
