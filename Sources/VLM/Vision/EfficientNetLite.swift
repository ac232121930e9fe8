package import Compute
import Kernels

/// EfficientNet-Lite, the frozen vision encoder of pocket. Immutable after loading; safe from any thread.
///
/// Maps are kept with the channels innermost, so that a 1x1 convolution is one matrix product. Batch norms are
/// folded into the convolutions at load.
package struct EfficientNetLite: Sendable {
    /// What the encoder says of one picture.
    package struct Output: Sendable {
        /// The final map, `[rows * columns, 1280]`, row by row.
        package let map: Matrix
        /// Its mean, `[1280]`.
        package let pooled: [Float]
        /// Class logits, `[1000]`.
        package let logits: [Float]
    }

    private struct Block: Sendable {
        let shape: EfficientNetShape.Block
        let expand: PointwiseConvolution?
        let depthwise: DepthwiseConvolution
        let project: PointwiseConvolution
    }

    private let stem: PointwiseConvolution
    private let blocks: [Block]
    private let head: PointwiseConvolution
    private let classifier: PointwiseConvolution

    /// Reads the state dict of the given variant; throws `checkpointMalformed` naming what is missing or misshapen.
    package init(stateDict: PyTorchStateDict, variant: EfficientNetShape.Variant, epsilon: Float) throws {
        let reader = ConvolutionReader(stateDict: stateDict, epsilon: epsilon)
        let plan = EfficientNetShape(variant)
        stem = try reader.dense(
            "_conv_stem", norm: "_bn0", inputs: 3, outputs: EfficientNetShape.stemChannels, kernel: 3)
        blocks = try plan.blocks.enumerated().map { index, shape in
            let name = "_blocks.\(index)"
            return Block(
                shape: shape,
                expand: shape.expansion == 1
                    ? nil
                    : try reader.dense(
                        "\(name)._expand_conv", norm: "\(name)._bn0", inputs: shape.inputs, outputs: shape.middle),
                depthwise: try reader.depthwise(
                    "\(name)._depthwise_conv", norm: "\(name)._bn1", channels: shape.middle, kernel: shape.kernel,
                    stride: shape.stride),
                project: try reader.dense(
                    "\(name)._project_conv", norm: "\(name)._bn2", inputs: shape.middle, outputs: shape.outputs))
        }
        let channels = EfficientNetShape.headChannels
        head = try reader.dense("_conv_head", norm: "_bn1", inputs: plan.blocks.last?.outputs ?? 0, outputs: channels)
        classifier = PointwiseConvolution(
            weight: try reader.matrix("_fc.weight", rows: EfficientNetShape.classes, columns: channels),
            bias: try reader.vector("_fc.bias", count: EfficientNetShape.classes))
    }

    /// The forward pass. `pixels` are normalised, `[size, size, 3]`.
    package func callAsFunction(_ pixels: [Float], size: Int) -> Output {
        precondition(pixels.count == size * size * 3, "\(pixels.count) values are no \(size) x \(size) picture")
        var side = (size + 1) / 2
        var patches = [Float](repeating: 0, count: side * side * 27)
        mk_patches(pixels, size, size, 3, 3, 2, &patches)
        var map = stem(Matrix(rows: side * side, columns: 27, values: patches), clip: true)
        for block in blocks {
            Pause.point()
            let input = map
            if let expand = block.expand { map = expand(map, clip: true) }
            map = block.depthwise(map, side: side)
            side = (side + block.shape.stride - 1) / block.shape.stride
            map = block.project(map, clip: false)
            if block.shape.isResidual {
                for index in map.values.indices { map.values[index] += input.values[index] }
            }
        }
        map = head(map, clip: true)
        var pooled = [Float](repeating: 0, count: map.columns)
        mk_row_mean(map.values, map.rows, map.columns, &pooled)
        let logits = classifier(Matrix(rows: 1, columns: pooled.count, values: pooled), clip: false)
        return Output(map: map, pooled: pooled, logits: logits.values)
    }
}
