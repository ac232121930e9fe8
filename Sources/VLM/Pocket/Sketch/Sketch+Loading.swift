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
        self.heads = heads
        let bias = try tensors.floats("bias", vocabulary.count)
        let rows = embed.values
        output = try BiasedLinear(
            inputs: width, outputs: [vocabulary.count], storage: .float32, parts: [({ rows }, bias)])
        places = try tensors.matrix("places", columns: width)
        guard places.rows > 1 else { throw tensors.malformed("it has places for no word") }
        cells = try tensors.linear("cells", inputs: features, outputs: width)
        cellPlaces = try tensors.matrix("cell_places", columns: width)
        cellNorm = try tensors.norm("cell_norm", width)
        tag = try tensors.linear("tag", inputs: width, outputs: width)
        tagPlaces = try tensors.matrix("tag_places", rows: Self.tags, columns: width)
        norm = try tensors.norm("norm", width)
        var found: [Layer] = []
        while tensors.has("layers.\(found.count).norm1.weight") {
            found.append(try Self.layer(tensors, "layers.\(found.count)", width))
        }
        guard !found.isEmpty else { throw tensors.malformed("it has no layer") }
        layers = found
    }

    private static func layer(_ tensors: SketchTensors, _ name: String, _ width: Int) throws -> Layer {
        func attention(_ part: String) throws -> Attention {
            Attention(
                query: try tensors.linear("\(name).\(part).query", inputs: width, outputs: width),
                key: try tensors.linear("\(name).\(part).key", inputs: width, outputs: width, isBiased: false),
                value: try tensors.linear("\(name).\(part).value", inputs: width, outputs: width),
                output: try tensors.linear("\(name).\(part).out", inputs: width, outputs: width))
        }
        let inner = try tensors.matrix("\(name).inner.weight", columns: width).rows
        return Layer(
            ownNorm: try tensors.norm("\(name).norm1", width), own: try attention("own"),
            seenNorm: try tensors.norm("\(name).norm2", width), seen: try attention("seen"),
            mlpNorm: try tensors.norm("\(name).norm3", width),
            first: try tensors.linear("\(name).inner", inputs: width, outputs: inner),
            second: try tensors.linear("\(name).outer", inputs: inner, outputs: width))
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

    func norm(_ name: String, _ width: Int) throws -> Sketch.Norm {
        Sketch.Norm(weight: try floats("\(name).weight", width), bias: try floats("\(name).bias", width))
    }

    func linear(_ name: String, inputs: Int, outputs: Int, isBiased: Bool = true) throws -> BiasedLinear {
        let weight = try matrix("\(name).weight", rows: outputs, columns: inputs).values
        let bias = isBiased ? try floats("\(name).bias", outputs) : nil
        return try BiasedLinear(inputs: inputs, outputs: [outputs], storage: .float32, parts: [({ weight }, bias)])
    }

    func malformed(_ what: String) -> VLMError {
        VLMError(.checkpointMalformed, "the sketch's tensors do not fit each other: \(what)")
    }
}
