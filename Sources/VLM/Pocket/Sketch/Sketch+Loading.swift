import Compute

extension Sketch {
    /// Reads the tensors of a sketch. Throws `checkpointMalformed` naming what does not fit.
    package init(_ file: SafetensorsFile, words: [UInt8], wordsFile: String, heads: Int, features: Int) throws {
        vocabulary = try SketchVocabulary(json: words, file: wordsFile)
        let tensors = SketchTensors(file: file)
        embed = try tensors.matrix("embed.weight", rows: vocabulary.count)
        let width = embed.columns
        guard heads > 0, width % heads == 0 else {
            throw tensors.malformed("its width \(width) does not divide into \(heads) heads")
        }
        let bias = try tensors.floats("bias", vocabulary.count)
        let rows = embed.values
        output = try BiasedLinear(
            inputs: width, outputs: [vocabulary.count], storage: .float32, parts: [({ rows }, bias)])
        places = try tensors.matrix("places", columns: width)
        guard places.rows > 1 else { throw tensors.malformed("it has places for no word") }
        cells = try tensors.linear(["cells"], inputs: features, outputs: width)
        cellPlaces = try tensors.matrix("cell_places", columns: width)
        cellNorm = try tensors.norm("cell_norm", width)
        tag = try tensors.linear(["tag"], inputs: width, outputs: width)
        tagPlaces = try tensors.matrix("tag_places", rows: Self.tags, columns: width)
        norm = try tensors.norm("norm", width)
        var blocks: [TransformerStack.Block] = []
        var keyValue: [BiasedLinear] = []
        while tensors.has("layers.\(blocks.count).norm1.weight") {
            let name = "layers.\(blocks.count)"
            keyValue.append(
                try tensors.linear(["key", "value"].map { "\(name).seen.\($0)" }, inputs: width, outputs: width))
            blocks.append(try Self.block(tensors, name, width))
        }
        guard let inner = blocks.first?.first.weight.outputs else { throw tensors.malformed("it has no layer") }
        guard blocks.allSatisfy({ $0.first.weight.outputs == inner }) else {
            throw tensors.malformed("its layers are of different widths")
        }
        self.keyValue = keyValue
        stack = TransformerStack(
            shape: TransformerShape(
                width: width, inner: inner, heads: heads, keyHeads: heads, headSize: width / heads, norm: .layer,
                epsilon: Self.epsilon, normsFirst: true, activation: .gelu, isGated: false,
                scoreScale: 1 / Float(width / heads).squareRoot(), isCausal: true),
            blocks: blocks)
    }

    private static func block(
        _ tensors: SketchTensors, _ name: String, _ width: Int
    ) throws -> TransformerStack.Block {
        let inner = try tensors.matrix("\(name).inner.weight", columns: width).rows
        return TransformerStack.Block(
            attentionNorm: try tensors.norm("\(name).norm1", width),
            queryKeyValue: try tensors.linear(
                ["query", "key", "value"].map { "\(name).own.\($0)" }, inputs: width, outputs: width),
            output: try tensors.linear(["\(name).own.out"], inputs: width, outputs: width),
            cross: TransformerStack.Cross(
                norm: try tensors.norm("\(name).norm2", width),
                query: try tensors.linear(["\(name).seen.query"], inputs: width, outputs: width),
                output: try tensors.linear(["\(name).seen.out"], inputs: width, outputs: width)),
            mlpNorm: try tensors.norm("\(name).norm3", width),
            first: try tensors.linear(["\(name).inner"], inputs: width, outputs: inner),
            second: try tensors.linear(["\(name).outer"], inputs: inner, outputs: width))
    }

    /// Places of a picture's map that it looks at.
    var cellCount: Int { cellPlaces.rows }
}

/// The tensors of a sketch by name, with the shapes they must have.
private struct SketchTensors {
    let file: SafetensorsFile

    func has(_ name: String) -> Bool { file.contains(name) }

    func matrix(_ name: String, rows: Int? = nil, columns: Int? = nil) throws -> Matrix {
        let found = try file.matrix(name)
        guard found.rows == rows ?? found.rows, found.columns == columns ?? found.columns, !found.values.isEmpty else {
            throw malformed("\(name) is \(found.rows) x \(found.columns)")
        }
        return found
    }

    func floats(_ name: String, _ count: Int) throws -> [Float] {
        let found = try file.floats(name)
        guard found.count == count else { throw malformed("\(name) has \(found.count) numbers, expected \(count)") }
        return found
    }

    func norm(_ name: String, _ width: Int) throws -> TransformerStack.Norm {
        TransformerStack.Norm(weight: try floats("\(name).weight", width), bias: try floats("\(name).bias", width))
    }

    /// Maps of the same inputs and outputs, stacked; keys have no bias.
    func linear(_ names: [String], inputs: Int, outputs: Int) throws -> BiasedLinear {
        try BiasedLinear(
            inputs: inputs, outputs: names.map { _ in outputs }, storage: .float32,
            parts: names.map { name in
                let weight = try matrix("\(name).weight", rows: outputs, columns: inputs).values
                let isBiased = !name.hasSuffix(".key")
                return (
                    { weight }, isBiased ? try floats("\(name).bias", outputs) : [Float](repeating: 0, count: outputs)
                )
            })
    }

    func malformed(_ what: String) -> VLMError {
        VLMError(.checkpointMalformed, "the sketch's tensors do not fit each other: \(what)")
    }
}
