package import Compute

/// The vision side of a LLaVA checkpoint: preprocessing, tower, projector, and LLaVA-NeXT's tiles.
package struct LlavaVision: ConversationVision {
    /// The two-layer MLP between tower and decoder.
    struct Projector: Sendable {
        let first: BiasedLinear
        let second: BiasedLinear
        let activation: BiasedLinear.Activation

        func callAsFunction(_ features: Matrix) -> Matrix { second(first(features, activation)) }
    }

    package let processor: ImageProcessor
    package let tower: VisionTower
    let projector: Projector
    /// Blocks whose outputs are the features, joined.
    let featureBlocks: [Int]
    let dropsClassToken: Bool
    /// What ends a row of tiles, `[hiddenSize]`; nil for LLaVA-1.5.
    let newline: [Float]?
    /// Sizes a picture may be tiled to; empty: it is never tiled.
    let pinpoints: [(height: Int, width: Int)]

    /// Numbers of a feature.
    package var featureSize: Int { tower.configuration.featureSize * featureBlocks.count }
    /// Patches on a side of a picture or tile.
    var side: Int { tower.configuration.side }

    package var isTiled: Bool { !pinpoints.isEmpty }

    package var mostTokens: Int {
        let cells = side * side
        let plain = tower.tokens - (dropsClassToken ? 1 : 0)
        let (tile, line) = (tower.configuration.imageSize, newline == nil ? 0 : 1)
        return pinpoints.reduce(plain) { most, size in
            let (rows, columns) = (size.height / tile, size.width / tile)
            return max(most, plain + rows * columns * cells + rows * side * line)
        }
    }

    /// The tower's features of normalised pixels, `[positions, featureSize]`.
    package func features(of pixels: [Float]) -> Matrix {
        let states = tower.hiddenStates(of: pixels, after: featureBlocks)
        // "default" drops the first position whatever it is; only CLIP has a class token there.
        let skipped = dropsClassToken ? 1 : 0
        let rows = tower.tokens - skipped
        if states.count == 1 {
            let width = states[0].columns
            return Matrix(rows: rows, columns: width, values: Array(states[0].values[(skipped * width)...]))
        }
        var joined: [Float] = []
        joined.reserveCapacity(rows * featureSize)
        for row in skipped..<tower.tokens {
            for state in states { joined += state.row(row) }
        }
        return Matrix(rows: rows, columns: featureSize, values: joined)
    }

    /// The rows of `features` that are patches, `[side * side, featureSize]`.
    private func patches(_ features: Matrix) -> Matrix {
        let extra = features.rows - side * side
        guard extra > 0 else { return features }
        return Matrix(
            rows: side * side, columns: features.columns, values: Array(features.values[(extra * features.columns)...]))
    }

    /// Projected tokens of features, `[positions, hiddenSize]`.
    private func projected(_ features: Matrix) -> Matrix { projector(features) }

    package func pixels(of image: RGBImage) -> [[Float]] { views(of: image).pixels }

    package func seen(_ image: RGBImage) -> (map: Matrix, tokens: Matrix) {
        let (views, tiling) = views(of: image)
        let features = views.map { self.features(of: $0) }
        guard let tiling else { return (patches(features[0]), projected(features[0])) }
        return (patches(features[0]), packed(features.map { projected($0) }, tiling: tiling))
    }

    package func area(width: Int, height: Int) -> PictureBox {
        // See `views`.
        let tiling = ImageTiling(
            width: width, height: height, pinpoints: pinpoints, tile: tower.configuration.imageSize)
        return tower.configuration.area(
            of: tiling == nil
                ? processor.area(width: width, height: height) : PictureBox(pictureOf: width, height))
    }

    package func spread(_ shares: [Float]) -> [Float] { shares }

    /// The whole stands before its tiles, and where its first row is kept that is of no patch.
    package func patches(_ shares: [Float]) -> [Float] {
        let whole = shares.prefix(tower.tokens - (dropsClassToken ? 1 : 0))
        return Array(whole.suffix(side * side))
    }

    /// Pixel values of the whole picture and, where it is tiled, of its tiles.
    private func views(of image: RGBImage) -> (pixels: [[Float]], tiling: ImageTiling?) {
        let tile = tower.configuration.imageSize
        guard let tiling = ImageTiling(width: image.width, height: image.height, pinpoints: pinpoints, tile: tile)
        else { return ([processor(image)], nil) }
        // The whole picture is squeezed into a square here: LLaVA-NeXT does not crop what it also tiles.
        let whole = image.resized(width: tile, height: tile, filter: processor.filter)
        let views = [whole] + tiling.tiles(of: image, filter: processor.filter)
        return (views.map { processor.normalised(processor.framed($0)) }, tiling)
    }

    /// The visual tokens of a tiled picture: the whole, then the rows of the joined tiles, each ended by `newline`;
    /// positions in the black frame are left out (`spatial_unpad`).
    private func packed(_ views: [Matrix], tiling: ImageTiling) -> Matrix {
        let width = views[0].columns
        var values = views[0].values
        let shown = tiling.shown(patches: side)
        for y in shown.top..<shown.bottom {
            for x in shown.left..<shown.right {
                let tile = views[1 + y / side * tiling.columns + x / side]
                values += tile.row((y % side) * side + x % side)
            }
            if let newline { values += newline }
        }
        return Matrix(rows: values.count / width, columns: width, values: values)
    }
}
