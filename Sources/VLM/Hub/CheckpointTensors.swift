package import Compute
internal import Foundation

/// The tensors of a checkpoint as downloaded: `model.safetensors`, or the shards that `model.safetensors.index.json` names.
///
/// Files are memory-mapped; a tensor is read when asked for. Immutable, safe from any thread.
package struct CheckpointTensors: Sendable {
    /// The model's folder.
    package let directory: String
    /// Paths of the weight files, sorted.
    package let paths: [String]
    private let files: [SafetensorsFile]
    private let places: [String: Int]
    private let making: Making?
    /// The largest magnitude a tensor may hold: what the number format that it is loaded in can keep.
    private var limit = Float.greatestFiniteMagnitude

    /// Some rows of a tensor that stands in no file.
    package typealias Making = @Sendable (_ name: String, _ shape: [Int], _ rows: Range<Int>) -> [Float]

    /// Tensors made when they are asked for, under the newest names, for measurements of shapes without weights.
    package init(making: @escaping Making) {
        directory = "memory"
        paths = []
        files = []
        places = [:]
        self.making = making
    }

    private struct Index: Decodable {
        let weight_map: [String: String]
    }

    /// Opens the weights of a folder. Throws `checkpointUnreadable` for a file that is missing, `checkpointMalformed`
    /// for a truncated shard or an index that names tensors its shards do not have.
    package init(directory: ModelDirectory) throws {
        let index = "model.safetensors.index.json"
        let manager = FileManager.default
        var names = ["model.safetensors"]
        var map: [String: String] = [:]
        if !manager.fileExists(atPath: directory.file(names[0])) {
            guard manager.fileExists(atPath: directory.file(index)) else {
                throw VLMError(
                    .checkpointUnreadable,
                    "\(directory.path) has neither model.safetensors nor \(index): download the checkpoint again"
                        + Self.hint(directory.path))
            }
            let stated = try CheckpointJSON.decode(
                Index.self, from: try directory.bytes(index), file: directory.file(index),
                as: "index with a weight_map of tensors to shards")
            map = stated.weight_map
            names = Set(map.values).sorted()
            guard !names.isEmpty, names.allSatisfy({ !$0.contains("/") && $0 != ".." }) else {
                throw VLMError(.checkpointMalformed, "\(directory.file(index)) names shards outside its own folder")
            }
        }
        paths = names.map { directory.file($0) }
        files = try paths.map { path in
            do {
                return try SafetensorsFile(contentsOf: path)
            } catch let error as VLMError {
                throw VLMError(
                    error.code,
                    "\(error.message) (it may be a truncated download: compare its size and fetch it again)",
                    cause: error)
            }
        }
        var places: [String: Int] = [:]
        for (number, file) in files.enumerated() {
            for name in file.names { places[name] = number }
        }
        for (tensor, shard) in map.sorted(by: { $0.key < $1.key }) {
            guard let number = names.firstIndex(of: shard), files[number].contains(tensor) else {
                throw VLMError(
                    .checkpointMalformed,
                    "\(directory.file(index)) places \(tensor) in \(shard), which does not have it")
            }
        }
        self.places = places
        self.directory = directory.path
        making = nil
    }

    /// The same tensors, of which none may hold a number that the storage does not have.
    package func bounded(by storage: Weight.Storage) -> CheckpointTensors {
        var copy = self
        copy.limit = storage.largest
        return copy
    }

    /// PyTorch's own format is not read here: a pickle of a whole model is not worth its risk.
    private static func hint(_ path: String) -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.contains { $0.hasSuffix(".bin") }
            ? "; its pytorch_model.bin is not read: fetch the safetensors revision" : ""
    }

    /// Whether a tensor is there.
    package func contains(_ name: String) -> Bool { making != nil || places[name] != nil }

    /// Number of tensors.
    package var count: Int { places.count }

    /// A tensor's element type.
    package func elementType(_ name: String) throws -> ElementType {
        making != nil ? .f32 : try file(of: name).elementType(name)
    }

    /// A floating-point tensor of the given shape as 32-bit floats; throws `checkpointMalformed` when it is missing or of
    /// another shape.
    package func floats(_ name: String, shape: [Int]) throws -> [Float] {
        if let making { return making(name, shape, 0..<(shape.first ?? 0)) }
        let file = try file(of: name, shape: shape)
        defer { file.forget(name) }
        return try file.floats(name, limit: limit)
    }

    /// Reads a tensor later. Its shape is compared at once, so that no memory is taken for a size that a configuration
    /// states and the file does not have.
    package func source(_ name: String, shape: [Int]) throws -> () throws -> [Float] {
        if making == nil { _ = try file(of: name, shape: shape) }
        return { try floats(name, shape: shape) }
    }

    /// A matrix of the given shape, read piece by piece; throws as `floats`.
    package func rows(
        _ name: String, shape: [Int]
    ) throws -> @Sendable (_ rows: Range<Int>, _ to: UnsafeMutablePointer<Float>) throws -> Void {
        if let making {
            return { rows, to in
                let values = making(name, shape, rows)
                to.update(from: values, count: values.count)
            }
        }
        return try file(of: name, shape: shape).rows(name, limit: limit)
    }

    private func file(of name: String, shape: [Int]) throws -> SafetensorsFile {
        let file = try file(of: name)
        let stored = try file.shape(name)
        guard stored == shape else {
            throw VLMError(
                .checkpointMalformed,
                "\(directory): tensor \(name) has the shape \(stored), but config.json asks for \(shape): files of "
                    + "different models are mixed, or config.json was edited")
        }
        return file
    }

    /// The first of several prefixes under which a tensor of this name lies: naming schemes changed between releases.
    package func prefix(of name: String, among prefixes: [String]) throws -> String {
        guard let found = prefixes.first(where: { contains($0 + name) }) else {
            throw VLMError(
                .checkpointMalformed,
                "\(directory) has no tensor \(name) under any of the known names "
                    + prefixes.map { $0 + name }.joined(separator: ", "))
        }
        return found
    }

    private func file(of name: String) throws -> SafetensorsFile {
        guard let place = places[name] else {
            throw VLMError(
                .checkpointMalformed,
                "\(directory) has no tensor \(name): the download is incomplete, or config.json is of another model")
        }
        return files[place]
    }
}
