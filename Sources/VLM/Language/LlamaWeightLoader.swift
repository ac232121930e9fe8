internal import Compute

/// Turns the sources of tensors into packed weights.
struct LlamaWeightLoader {
    let configuration: LlamaConfiguration
    let storage: Weight.Storage
    let progress: ((Double) -> Void)?
    private var finished = 0

    init(configuration: LlamaConfiguration, storage: Weight.Storage, progress: ((Double) -> Void)?) {
        self.configuration = configuration
        self.storage = storage
        self.progress = progress
    }

    private func check(_ count: Int, of tensor: LlamaTensor) throws {
        let shape = tensor.shape(in: configuration)
        guard count == shape.reduce(1, *) else {
            throw VLMError(.checkpointMalformed, "\(tensor) has \(count) values, not \(shape)")
        }
    }

    /// A norm or a bias.
    func vector(_ tensor: LlamaTensor, _ source: LlamaTensorSource) throws -> [Float] {
        guard case .values(let values) = source else {
            throw VLMError(.checkpointMalformed, "\(tensor) is given as a matrix; values are needed")
        }
        try check(values.count, of: tensor)
        return values
    }

    /// Tensors of the same inputs, stacked.
    mutating func matrix(_ tensors: [LlamaTensor], _ sources: [LlamaTensorSource]) throws -> Weight {
        let shapes = tensors.map { $0.shape(in: configuration) }
        let inputs = shapes[0][1]
        let outputs = shapes.reduce(0) { $0 + $1[0] }
        let result = try packed(tensors, sources, outputs: outputs, inputs: inputs)
        finished += 1
        progress?(min(1, Double(finished) / Double(4 * configuration.blocks + 2)))
        return result
    }

    private struct FileBlocks {
        let storage: Weight.Storage
        let blocks: [UnsafeRawBufferPointer]
        let places: [(Int) -> Int]
    }

    /// The sources as blocks of one kind that are to be kept as they are: those of the storage asked for, or, where 4
    /// bits are asked for, any of a file's own.
    private func inBlocks(_ sources: [LlamaTensorSource], atLeast storage: Weight.Storage) -> FileBlocks? {
        var kinds: Set<Weight.Storage> = []
        var blocks: [UnsafeRawBufferPointer] = []
        var places: [(Int) -> Int] = []
        for case .blocks(let bytes, let given, let place) in sources {
            kinds.insert(given)
            blocks.append(bytes)
            places.append(place)
        }
        guard let kind = kinds.first, kinds.count == 1, blocks.count == sources.count else { return nil }
        let fits = kind == storage || (storage.isQuantized && storage != .int8)
        return fits ? FileBlocks(storage: kind, blocks: blocks, places: places) : nil
    }

    /// Tables of the vocabulary keep 8 bits where 4 are asked for: an error there is an error of every token.
    private func storage(of tensor: LlamaTensor) -> Weight.Storage {
        let isTable = tensor == .embedding || tensor == .head
        return isTable && storage.isQuantized ? .int8 : storage
    }

    private func packed(
        _ tensors: [LlamaTensor], _ sources: [LlamaTensorSource], outputs: Int, inputs: Int
    ) throws -> Weight {
        let storage = storage(of: tensors[0])
        if let own = inBlocks(sources, atLeast: storage) {
            return Weight(outputs: outputs, inputs: inputs, storage: own.storage, blocks: own.blocks) {
                own.places[$0]($1)
            }
        }
        if sources.count == 1, case .rows(let read) = sources[0] {
            return try Weight(outputs: outputs, inputs: inputs, storage: storage, read: read)
        }
        // Each part's rows in turn; parts given as values or blocks are read from a plain copy.
        var starts: [Int] = []
        var readers: [@Sendable (Range<Int>, UnsafeMutablePointer<Float>) throws -> Void] = []
        var start = 0
        for (tensor, source) in zip(tensors, sources) {
            starts.append(start)
            start += tensor.shape(in: configuration)[0]
            switch source {
            case .rows(let read): readers.append(read)
            case .values(let values):
                try check(values.count, of: tensor)
                readers.append { range, to in
                    values.withUnsafeBufferPointer { buffer in
                        guard let base = buffer.baseAddress else { return }
                        to.update(from: base + range.lowerBound * inputs, count: range.count * inputs)
                    }
                }
            case .blocks(let bytes, let given, let place):
                let rows = tensor.shape(in: configuration)[0]
                let plain = Weight(outputs: rows, inputs: inputs, storage: given, blocks: bytes, place: place)
                readers.append { range, to in
                    for (index, row) in range.enumerated() { plain.copyRow(row, to: to + index * inputs) }
                }
            }
        }
        let bounds = starts + [start]
        let all = readers
        return try Weight(outputs: outputs, inputs: inputs, storage: storage) { range, to in
            for part in all.indices {
                let own = range.clamped(to: bounds[part]..<bounds[part + 1])
                if own.isEmpty { continue }
                let within = own.lowerBound - bounds[part]..<own.upperBound - bounds[part]
                try all[part](within, to + (own.lowerBound - range.lowerBound) * inputs)
            }
        }
    }
}
