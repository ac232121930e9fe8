public import Compute
import Foundation

/// A safetensors file: named tensors behind a JSON header.
///
/// Everything the header says is checked against the file before it is used: sizes, overlaps and bounds, so a
/// hostile file gives `checkpointMalformed` and nothing else. Format: huggingface/safetensors, README "Format".
public struct SafetensorsFile: Sendable {
    /// The most a header may take; larger ones are refused before they are parsed.
    static let headerLimit = 32 << 20

    /// The free-form strings of `__metadata__`.
    public let metadata: [String: String]
    private let tensors: [String: Entry]
    private let storage: Storage
    private let dataStart: Int
    private let name: String

    private struct Entry: Sendable {
        /// As the format names it; perhaps none that is read.
        let type: String
        let shape: [Int]
        let range: Range<Int>
    }

    private enum Storage: Sendable {
        case memory([UInt8])
        case file(MappedFile)

        func forget(_ range: Range<Int>) {
            if case .file(let file) = self { file.forget(range) }
        }

        func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
            switch self {
            case .memory(let bytes): try bytes.withUnsafeBytes(body)
            case .file(let file): try body(file.bytes)
            }
        }
    }

    /// Reads a file in memory.
    public init(bytes: [UInt8]) throws {
        try self.init(storage: .memory(bytes), name: "the safetensors data")
    }

    /// Maps a file; tensors are read from it when asked for.
    public init(contentsOf path: String) throws {
        try self.init(storage: .file(try MappedFile(path: path)), name: path)
    }

    private init(storage: Storage, name: String) throws {
        self.storage = storage
        self.name = name
        let (header, start, size) = try storage.withBytes { bytes -> (Data, Int, Int) in
            guard bytes.count >= 8 else { throw Self.malformed(name, "it is shorter than its header length") }
            let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
            guard length >= 2, length <= UInt64(Self.headerLimit), Int(length) <= bytes.count - 8 else {
                throw Self.malformed(name, "its header length \(length) does not fit the file")
            }
            return (Data(bytes[8..<8 + Int(length)]), 8 + Int(length), bytes.count - 8 - Int(length))
        }
        dataStart = start
        guard let object = try? JSONSerialization.jsonObject(with: header), let root = object as? [String: Any] else {
            throw Self.malformed(name, "its header is not a JSON object")
        }
        var metadata: [String: String] = [:]
        var tensors: [String: Entry] = [:]
        for (key, value) in root {
            if key == "__metadata__" {
                guard let strings = value as? [String: String] else {
                    throw Self.malformed(name, "__metadata__ holds something else than strings")
                }
                metadata = strings
            } else {
                tensors[key] = try Self.entry(key, value, size: size, file: name)
            }
        }
        self.metadata = metadata
        self.tensors = tensors
        try Self.checkLayout(tensors, size: size, file: name)
    }

    /// Names of all tensors, sorted.
    public var names: [String] { tensors.keys.sorted() }

    /// Whether a tensor is there.
    public func contains(_ name: String) -> Bool { tensors[name] != nil }

    /// Shape of a tensor; throws `checkpointMalformed` when it is missing.
    public func shape(_ name: String) throws -> [Int] { try tensor(name).shape }

    /// Type of a tensor's elements; throws `checkpointMalformed` when it is missing and `unsupported` for a type that is
    /// not read.
    public func elementType(_ name: String) throws -> ElementType { try elementType(name, try tensor(name)) }

    private func elementType(_ name: String, _ entry: Entry) throws -> ElementType {
        guard let type = ElementType(rawValue: entry.type) else {
            throw VLMError(
                .unsupported,
                "\(self.name): tensor \(name) has the type \(entry.type); F64, F32, F16 and BF16 are read")
        }
        return type
    }

    /// The elements of a floating-point tensor as 32-bit floats, row-major; throws `checkpointMalformed` for numbers that
    /// are not finite.
    public func floats(_ name: String) throws -> [Float] { try floats(name, limit: .greatestFiniteMagnitude) }

    /// The same for numbers of at most a magnitude; throws `unsupported` for larger ones.
    package func floats(_ name: String, limit: Float) throws -> [Float] {
        let entry = try tensor(name)
        let type = try elementType(name, entry)
        let values = withElements(entry) {
            ElementCoding.floats($0, count: entry.range.count / type.size, type: type)
        }
        guard let values else {
            throw VLMError(.checkpointMalformed, "tensor \(name) holds \(entry.type), not floating point")
        }
        try FiniteNumbers.check(values, limit: limit, tensor: name, file: self.name)
        return values
    }

    /// Gives the memory of a mapped tensor back after it has been read; it is read again when it is used again.
    package func forget(_ name: String) {
        guard let range = tensors[name]?.range else { return }
        storage.forget(dataStart + range.lowerBound..<dataStart + range.upperBound)
    }

    /// Reads rows of a two-dimensional floating-point tensor, `[range.count, columns]`; the closure may be called from
    /// several threads at once.
    package func rows(
        _ name: String, limit: Float = .greatestFiniteMagnitude
    ) throws -> @Sendable (_ rows: Range<Int>, _ to: UnsafeMutablePointer<Float>) throws -> Void {
        let entry = try tensor(name)
        guard entry.shape.count == 2 else {
            throw VLMError(.checkpointMalformed, "tensor \(name) has the shape \(entry.shape), not two dimensions")
        }
        let type = try elementType(name, entry)
        let (storage, start, columns) = (storage, dataStart + entry.range.lowerBound, entry.shape[1])
        let file = self.name
        guard ElementCoding.isFloating(type) else {
            throw VLMError(.checkpointMalformed, "tensor \(name) holds \(type.rawValue), not floating point")
        }
        return { rows, target in
            try storage.withBytes { bytes in
                let first = start + rows.lowerBound * columns * type.size
                let part = UnsafeRawBufferPointer(rebasing: bytes[first..<first + rows.count * columns * type.size])
                ElementCoding.copy(part, count: rows.count * columns, type: type, to: target)
                try FiniteNumbers.check(
                    target, count: rows.count * columns, limit: limit, tensor: name, file: file)
                storage.forget(first..<first + part.count)
            }
        }
    }

    /// A two-dimensional floating-point tensor.
    public func matrix(_ name: String) throws -> Matrix {
        let shape = try shape(name)
        guard shape.count == 2 else {
            throw VLMError(.checkpointMalformed, "tensor \(name) has the shape \(shape), not two dimensions")
        }
        return Matrix(rows: shape[0], columns: shape[1], values: try floats(name))
    }

    /// The elements of an I64 tensor.
    public func int64s(_ name: String) throws -> [Int64] {
        let entry = try tensor(name)
        guard try elementType(name, entry) == .i64 else {
            throw VLMError(.checkpointMalformed, "tensor \(name) holds \(entry.type), not I64")
        }
        return withElements(entry) { bytes in
            (0..<entry.range.count / 8).map {
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self))
            }
        }
    }

    private func tensor(_ name: String) throws -> Entry {
        guard let entry = tensors[name] else {
            throw VLMError(.checkpointMalformed, "tensor \(name) is missing: the file is for another model or release")
        }
        return entry
    }

    private func withElements<R>(_ entry: Entry, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        storage.withBytes { bytes in
            let range = dataStart + entry.range.lowerBound..<dataStart + entry.range.upperBound
            return body(UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
    }

    private static func malformed(_ file: String, _ what: String) -> VLMError {
        VLMError(.checkpointMalformed, "\(file) is no valid safetensors file: \(what)")
    }

    private static func entry(_ key: String, _ value: Any, size: Int, file: String) throws -> Entry {
        guard let fields = value as? [String: Any], let typeName = fields["dtype"] as? String,
            let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int], offsets.count == 2
        else { throw malformed(file, "the entry of \(key) lacks dtype, shape or data_offsets") }
        guard var bits = ElementType.bits[typeName] else {
            throw VLMError(
                .unsupported, "\(file): tensor \(key) has the type \(typeName), which the format does not know")
        }
        for dimension in shape {
            let (product, overflow) = bits.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !overflow else { throw malformed(file, "the shape of \(key) overflows") }
            bits = product
        }
        guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= size, bits % 8 == 0,
            offsets[1] - offsets[0] == bits / 8
        else { throw malformed(file, "the offsets of \(key) do not fit its shape or the file") }
        return Entry(type: typeName, shape: shape, range: offsets[0]..<offsets[1])
    }

    /// The format allows no holes and no overlaps: what is not named could hide anything.
    private static func checkLayout(_ tensors: [String: Entry], size: Int, file: String) throws {
        var end = 0
        for range in tensors.values.map(\.range).sorted(by: {
            ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
        }) {
            guard range.lowerBound == end else { throw malformed(file, "its tensors overlap or leave a hole") }
            end = range.upperBound
        }
        guard end == size else {
            throw malformed(file, "\(size - end) bytes after the last tensor are not accounted for")
        }
    }
}
