public import Compute

/// A GGUF model file, version 2 or 3, memory-mapped.
///
/// Metadata and the tensor table are read and bounds-checked at once; tensors are dequantised when asked for.
/// Format: ggml-org/ggml, docs/gguf.md.
public struct GGUFFile: Sendable {
    private let file: MappedFile
    private let metadata: [String: GGUFValue]
    private let tensors: [String: Entry]

    private struct Entry: Sendable {
        let shape: [Int]
        /// ggml's number of the type, perhaps of one that is not read here: an error only where it is.
        let type: UInt32
        let start: Int
        let bytes: Int
        var count: Int { shape.reduce(1, *) }
    }

    /// Maps a file; throws `checkpointMalformed` for anything that is not a whole GGUF file and `unsupported` for
    /// versions and quantisations this engine does not read.
    public init(contentsOf path: String) throws {
        let file = try MappedFile(path: path)
        var reader = ByteReader(file.bytes, file: path)
        guard let magic: UInt32 = try? reader.read(), magic == 0x4655_4747 else {
            throw VLMError(.checkpointMalformed, "\(path) is no GGUF file: it does not begin with GGUF")
        }
        let version: UInt32 = try reader.read()
        guard version == 2 || version == 3 else {
            throw VLMError(.unsupported, "\(path) has GGUF version \(version); versions 2 and 3 are supported")
        }
        // The least a table entry takes is 24 bytes, a metadata entry 13: larger counts cannot be true.
        let tensorCount = try reader.readCount(stride: 24)
        let metadataCount = try reader.readCount(stride: 13)
        var metadata: [String: GGUFValue] = [:]
        for _ in 0..<metadataCount {
            let key = try reader.readString(try reader.readCount())
            let type: UInt32 = try reader.read()
            metadata[key] = try GGUFValue.read(type: type, from: &reader)
        }
        var alignment = 32
        if case .integer(let stated)? = metadata["general.alignment"] {
            guard stated > 0, stated <= 1 << 20 else {
                throw VLMError(.checkpointMalformed, "\(path) states the impossible alignment \(stated)")
            }
            alignment = Int(stated)
        }
        var table: [(name: String, entry: Entry)] = []
        for _ in 0..<tensorCount { table.append(try Self.readEntry(&reader)) }
        let dataStart = (reader.offset + alignment - 1) / alignment * alignment
        var tensors: [String: Entry] = [:]
        for (name, entry) in table {
            guard dataStart <= file.bytes.count, entry.start <= file.bytes.count - dataStart,
                entry.bytes <= file.bytes.count - dataStart - entry.start
            else {
                throw VLMError(.checkpointMalformed, "\(path) is truncated: tensor \(name) lies beyond its end")
            }
            tensors[name] = Entry(
                shape: entry.shape, type: entry.type, start: dataStart + entry.start, bytes: entry.bytes)
        }
        self.file = file
        self.metadata = metadata
        self.tensors = tensors
    }

    private static func readEntry(_ reader: inout ByteReader) throws -> (name: String, entry: Entry) {
        let name = try reader.readString(try reader.readCount())
        let rank: UInt32 = try reader.read()
        guard rank <= 4 else {
            throw VLMError(.checkpointMalformed, "\(reader.file): tensor \(name) has \(rank) dimensions")
        }
        var count = 1
        var shape: [Int] = []
        for _ in 0..<rank {
            let dimension: UInt64 = try reader.read()
            let (product, overflow) = count.multipliedReportingOverflow(by: Int(clamping: dimension))
            guard dimension > 0, !overflow, product <= 1 << 44 else {
                throw VLMError(.checkpointMalformed, "\(reader.file): the shape of tensor \(name) is impossible")
            }
            count = product
            shape.insert(Int(dimension), at: 0)
        }
        let type: UInt32 = try reader.read()
        let offset: UInt64 = try reader.read()
        guard let element = GGUFElement(rawValue: type) else {
            return (name, Entry(shape: shape, type: type, start: Int(clamping: offset), bytes: 0))
        }
        guard (shape.last ?? 1) % element.blockLength == 0 else {
            throw VLMError(.checkpointMalformed, "\(reader.file): a row of \(name) is not whole blocks")
        }
        let bytes = count / element.blockLength * element.blockBytes
        return (name, Entry(shape: shape, type: type, start: Int(clamping: offset), bytes: bytes))
    }

    /// Names of all tensors, sorted.
    public var names: [String] { tensors.keys.sorted() }

    /// Whether a tensor is there.
    public func contains(_ name: String) -> Bool { tensors[name] != nil }

    /// Shape of a tensor, outermost dimension first (the reverse of ggml's order).
    public func shape(_ name: String) throws -> [Int] { try tensor(name).shape }

    /// The elements of a tensor, dequantised, row-major; throws `checkpointMalformed` for numbers that are not finite.
    public func floats(_ name: String) throws -> [Float] {
        let entry = try tensor(name)
        let values = try element(name).floats(
            UnsafeRawBufferPointer(rebasing: file.bytes[entry.start..<entry.start + entry.bytes]), count: entry.count)
        try FiniteNumbers.check(values, tensor: name, file: file.path)
        return values
    }

    private func element(_ name: String) throws -> GGUFElement {
        let type = try tensor(name).type
        guard let element = GGUFElement(rawValue: type) else {
            throw VLMError(
                .unsupported,
                "\(file.path): tensor \(name) has the ggml type \(type); F32, F16, BF16, Q8_0, Q4_0 and Q4_1 are read")
        }
        return element
    }

    /// The storage that keeps a tensor's blocks as they are; nil for tensors that are not in blocks.
    func storage(_ name: String) throws -> Weight.Storage? {
        switch try element(name) {
        case .q8_0: .int8
        case .q4_0: .symmetric4
        case .q4_1: .affine4
        case .f32, .f16, .bf16: nil
        }
    }

    /// The bytes of a tensor in the mapped file; they stay valid as long as this file. Throws `checkpointMalformed` for
    /// blocks whose scale is not finite.
    func blocks(_ name: String) throws -> UnsafeRawBufferPointer {
        let entry = try tensor(name)
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[entry.start..<entry.start + entry.bytes])
        guard try element(name).areScalesFinite(bytes) else {
            throw VLMError(
                .checkpointMalformed,
                "\(file.path): tensor \(name) holds numbers that are not finite: the file is damaged, fetch it again")
        }
        return bytes
    }

    /// A two-dimensional tensor, dequantised.
    public func matrix(_ name: String) throws -> Matrix {
        let shape = try shape(name)
        guard shape.count == 2 else {
            throw VLMError(
                .checkpointMalformed, "\(file.path): tensor \(name) has the shape \(shape), not two dimensions")
        }
        return Matrix(rows: shape[0], columns: shape[1], values: try floats(name))
    }

    /// A metadata string; throws `checkpointMalformed` when it is missing or of another type.
    public func string(_ key: String) throws -> String {
        guard case .string(let value)? = metadata[key] else { throw missing(key, "string") }
        return value
    }

    /// A metadata integer.
    public func integer(_ key: String) throws -> Int {
        switch metadata[key] {
        case .integer(let value)?: return Int(value)
        case .unsigned(let value)? where value <= UInt64(Int.max): return Int(value)
        default: throw missing(key, "integer")
        }
    }

    /// A metadata number.
    public func float(_ key: String) throws -> Double {
        switch metadata[key] {
        case .float(let value)?: return value
        case .integer(let value)?: return Double(value)
        default: throw missing(key, "number")
        }
    }

    /// A metadata array of strings.
    public func strings(_ key: String) throws -> [String] {
        guard case .strings(let value)? = metadata[key] else { throw missing(key, "array of strings") }
        return value
    }

    /// A metadata array of integers.
    public func integers(_ key: String) throws -> [Int] {
        guard case .integers(let value)? = metadata[key] else { throw missing(key, "array of integers") }
        return value.map { Int($0) }
    }

    private func missing(_ key: String, _ type: String) -> VLMError {
        VLMError(.checkpointMalformed, "\(file.path) has no metadata \(key) that is a \(type)")
    }

    private func tensor(_ name: String) throws -> Entry {
        guard let entry = tensors[name] else {
            throw VLMError(.checkpointMalformed, "\(file.path) has no tensor \(name): it is for another architecture")
        }
        return entry
    }
}
